// A favourite: a whole tile {sha256, seed, psi} with a note, the checkpoint's name and a thumbnail; and files of them.

/** @import { Favourite, Message, TileRequest } from "./types.d.ts" */

export const MOST = 300; // favourites of one browser
export const NOTE_LENGTH = 80;
export const MAX_FILE_BYTES = 200_000;
const HASH = /^[0-9a-f]{64}$/;
const THUMBNAIL = /^data:image\/jpeg;base64,[A-Za-z0-9+/]{1,16000}={0,2}$/;
const KIND = "gan-race-favourites";
const VERSION = 1;

/**
 * @param {RegExp} pattern
 * @param {unknown} value
 */
const fits = (pattern, value) => typeof value === "string" && pattern.test(value);

/** @param {TileRequest} tile */
export const keyOf = ({ sha256, seed, psi = 1 }) => `${sha256} ${seed} ${psi}`;

/**
 * Whether two are the same tile.
 * @param {any} one
 * @param {any} other
 */
export const isSame = (one, other) => Boolean(one && other) && keyOf(one) === keyOf(other);

const HIDDEN = /[\p{Cc}\p{Cs}\p{Bidi_Control}]/gu; // also half a character, as an emoji that was cut

/** @param {unknown} value */
const textOf = (value) => (typeof value === "string" ? shortened(value.replace(HIDDEN, "")) : "");

/**
 * The beginning of a text that fits, with no sign of it cut through.
 * @param {string} text
 */
function shortened(text) {
  if (text.length <= NOTE_LENGTH) return text;
  let end = 0;
  const signs = new Intl.Segmenter(undefined, { granularity: "grapheme" });
  for (const { index, segment } of signs.segment(text.slice(0, 2 * NOTE_LENGTH))) {
    if (index + segment.length > NOTE_LENGTH) break;
    end = index + segment.length;
  }
  return text.slice(0, end);
}

/** @param {any} value */
const isSeed = (value) => Number.isInteger(value) && value >= 0 && value < 2 ** 32;

/** @param {any} value */
const isPsi = (value) => Number.isFinite(value) && value >= 0 && value <= 1;

/**
 * A favourite as it is kept, or null for what is none: a file or an older page may hold anything.
 * @param {any} one
 * @returns {Favourite | null}
 */
export function checked(one) {
  const psi = one?.psi ?? 1;
  if (typeof one !== "object" || !fits(HASH, one?.sha256) || !isSeed(one.seed) || !isPsi(psi)) return null;
  const added = Number.isFinite(one.added) ? one.added : Date.now();
  const thumb = fits(THUMBNAIL, one.thumb) ? one.thumb : null;
  return { sha256: one.sha256, seed: one.seed, psi, note: textOf(one.note), name: textOf(one.name), added, thumb };
}

/**
 * The content of a file of favourites.
 * @param {Favourite[]} favourites
 */
export function toFileContent(favourites) {
  const rows = favourites.map(({ thumb: _, ...one }) => one);
  return JSON.stringify({ kind: KIND, version: VERSION, favourites: rows }, null, 1);
}

/**
 * The favourites of a file, or what is wrong with it.
 * @param {string} text
 * @returns {{ favourites: Favourite[], problem?: undefined } | { favourites?: undefined, problem: Message }}
 */
export function fromFileContent(text) {
  let content = null;
  try {
    content = JSON.parse(text);
  } catch {
    return { problem: { key: "error_favourites_json" } };
  }
  if (content?.kind !== KIND || !Array.isArray(content.favourites)) {
    return { problem: { key: "error_favourites_kind" } };
  }
  if (content.version !== VERSION) {
    const values = { version: String(content.version).slice(0, 20), known: VERSION };
    return { problem: { key: "error_favourites_version", values } };
  }
  const favourites = content.favourites.map(checked);
  const wrong = favourites.indexOf(null);
  return wrong < 0 ? { favourites } : { problem: { key: "error_favourites_row", values: { row: wrong + 1 } } };
}
