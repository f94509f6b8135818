// The exact tiles of favourites in one zip, with a manifest.json, which the program sends tile by tile.

import { fetchFile } from "../shared/api.js";
import { localDay } from "../shared/dates.js";
import { announce, make, saveBlob } from "../shared/dom.js";
import { keyOf } from "../shared/favourite.js";
import * as localFavourites from "../shared/local_favourites.js";
import { findersIn } from "../shared/mount.js";
import * as seenSeeds from "../shared/seen_seeds.js";
import { errorText, textOf, tileWords } from "../shared/texts.js";
import { visitor } from "../shared/visitor.js";
import { $, cardsChanged, dialog, props } from "./context.js";
import { fileAt } from "./zip_files.js";

/** @import { Favourite, Values } from "../shared/types.d.ts" */
/** @typedef {{ done: number, count: number, end: number, stop: AbortController }} Progress `end` of what is done, in bytes */
/**
 * @typedef {{ checkpoint_sha256: string, checkpoint: string, seed: number, psi: number, reason: string,
 *   values: Values }} LeftOutTile
 */

const INCOMPLETE = { code: "error_connection", values: {} };
const zipPart = $(".tiles-zip");
/** @type {Set<string>} keys of favourites */
const chosen = new Set();
/** @type {Progress | null} while a zip is made */
let zipping = null;
let sayZip = () => ""; // what the line under the buttons says, in the language of the page

const newest = () => localFavourites.all().reverse();
const chosenTiles = () => newest().filter((one) => chosen.has(keyOf(one)));
/** @param {Favourite[]} tiles */
const choose = (tiles) => {
  chosen.clear();
  for (const one of tiles) chosen.add(keyOf(one));
  cardsChanged.send();
};

/** @param {Favourite} one */
export function chooser(one) {
  const box = make("input", { type: "checkbox", className: "choose", checked: chosen.has(keyOf(one)) });
  box.dataset.tile = keyOf(one);
  box.setAttribute("aria-label", textOf("zip_choose_of", { words: tileWords(one) }));
  box.addEventListener("change", () => {
    if (box.checked) chosen.add(keyOf(one));
    else chosen.delete(keyOf(one));
    showZip();
  });
  return make("label", { className: "check" }, box, make("span", { textContent: textOf("zip_choose") }));
}

export function showZip() {
  const [count, picked] = [localFavourites.all().length, chosenTiles().length];
  const full = picked >= props.most_zipped;
  zipPart.hidden = count === 0;
  for (const box of findersIn(dialog)(".choose")) box.disabled = zipping !== null || (full && !box.checked);
  $(".zip-hint").textContent = textOf("zip_hint", { most: props.most_zipped });
  $(".zip-all").textContent = textOf(count > props.most_zipped ? "zip_newest" : "zip_all", { most: props.most_zipped });
  $(".zip-chosen").textContent = textOf("zip_chosen", { chosen: picked, count, most: props.most_zipped });
  $(".make-zip").disabled = zipping !== null || picked === 0;
  $(".zip-all").disabled = $(".zip-none").disabled = zipping !== null;
  $(".stop-zip").hidden = $(".zip-progress").hidden = zipping === null;
  $(".zip-status").textContent =
    zipping === null
      ? sayZip()
      : textOf("zip_progress", { number: Math.min(zipping.done + 1, zipping.count), count: zipping.count });
  $(".zip-progress").max = zipping?.count ?? 1;
  $(".zip-progress").value = zipping?.done ?? 0;
}

/** @param {() => string} say */
function endZip(say) {
  zipping = null;
  sayZip = say;
  showZip();
  announce(say());
}

async function makeZip() {
  const tiles = chosenTiles().slice(0, props.most_zipped);
  const own = (zipping = { done: 0, count: tiles.length, end: 0, stop: new AbortController() });
  showZip();
  const request = { tiles: tiles.map(toZipped), visitor };
  const { file, error } = await fetchFile("race/favourites.zip", request, own.stop.signal, (come) => follow(come, own));
  if (own !== zipping) return;
  const listed = file === undefined ? null : await manifestOf(file);
  if (file === undefined || listed === null) return endZip(() => errorText(error ?? INCOMPLETE));
  const left = () =>
    listed.left_out.length ? textOf("zip_left_out", { tiles: listed.left_out.map(leftWords).join("; ") }) : "";
  if (listed.tiles.length === 0) return endZip(() => textOf("zip_empty") + left());
  const name = `gan_race_tiles_${localDay()}.zip`;
  saveBlob(file, name);
  const values = { file: name, count: listed.tiles.length, megabytes: (file.size / 1e6).toFixed(1) };
  endZip(() => textOf("zip_saved", values) + left());
}

/** @param {Favourite} one */
const toZipped = ({ sha256, seed, psi, note, name }) => ({
  ...{ sha256, seed, psi, note, name },
  looked_at: seenSeeds.count(sha256) || null,
});

/**
 * Count the tiles that have come.
 * @param {Blob} come
 * @param {Progress} own
 */
async function follow(come, own) {
  for (let found = await fileAt(come, own.end); found !== null; found = await fileAt(come, own.end)) {
    own.end = found.end;
    own.done += 1;
    if (own === zipping) showZip();
  }
}

/**
 * What a zip says of its tiles in its last file; null where that has not come.
 * @param {Blob} zip
 * @returns {Promise<{ tiles: unknown[], left_out: LeftOutTile[] } | null>}
 */
async function manifestOf(zip) {
  let last = null;
  for (let found = await fileAt(zip, 0); found !== null; found = await fileAt(zip, found.end)) last = found;
  try {
    return last === null ? null : JSON.parse(await zip.slice(last.start, last.end).text());
  } catch {
    return null;
  }
}

/** @param {LeftOutTile} one */
function leftWords({ checkpoint_sha256, checkpoint, seed, psi, reason, values }) {
  const absent = reason === "unknown_checkpoint";
  const tile = { sha256: checkpoint_sha256, name: checkpoint, seed, psi };
  return textOf("zip_left_one", {
    words: tileWords(tile),
    reason: absent
      ? textOf("zip_absent", { hash: checkpoint_sha256.slice(0, 8) })
      : errorText({ code: `error_${reason}`, values }),
  });
}

zipPart.addEventListener("toggle", () => {
  if (zipPart.open && chosenTiles().length === 0) choose(newest().slice(0, props.most_zipped));
  else cardsChanged.send();
});
$(".zip-all").addEventListener("click", () => choose(newest().slice(0, props.most_zipped)));
$(".zip-none").addEventListener("click", () => choose([]));
$(".make-zip").addEventListener("click", makeZip);
$(".stop-zip").addEventListener("click", () => {
  zipping?.stop.abort();
  endZip(() => textOf("zip_stopped"));
});
