// The favourites of this browser; `race:favourites` tells of a change, also of one in another window.

import { showNotice } from "./dom.js";
import { MOST, checked, isSame, keyOf } from "./favourite.js";
import { page } from "./page_state.js";
import * as storage from "./storage.js";
import { textOf } from "./texts.js";

/** @import { Favourite, TileRequest } from "./types.d.ts" */

const KEPT = "favourites";

/**
 * By their keys; read again when another window of this browser has changed them.
 * @type {Map<string, Favourite> | null}
 */
let known = null;
let isTold = false; // that stars are not kept

/** @param {unknown} list */
function byKey(list) {
  const favourites = (Array.isArray(list) ? list : []).map(checked);
  return new Map(favourites.flatMap((one) => (one ? [[keyOf(one), one]] : [])));
}

const favourites = () => (known ??= byKey(storage.read(KEPT)));

/** All of them, the oldest first. */
export const all = () => [...favourites().values()];

/** @param {TileRequest} one */
export const find = (one) => favourites().get(keyOf(one));

/** @param {TileRequest} one */
export const has = (one) => find(one) !== undefined;

/**
 * Keep exactly these, the oldest first; false where they are too many, or where the browser does not keep them.
 * @param {object[]} list
 */
export function replace(list, { quietly = false } = {}) {
  const unique = byKey(list);
  if (unique.size > MOST) return false;
  known = unique;
  const kept = storage.write(KEPT, [...unique.values()]);
  if (!quietly) document.dispatchEvent(new CustomEvent("race:favourites"));
  return kept;
}

/**
 * The tile that is shown brings its own name and thumbnail.
 * @param {TileRequest} one
 */
function withPicture(one) {
  const { name, thumb } = isSame(page.shown, one) ? /** @type {any} */ (page.shown) : {};
  return { name, thumb, ...one, added: Date.now() };
}

/**
 * Star or unstar a tile; tells whether it is a favourite now.
 * @param {TileRequest & { name?: string, thumb?: string | null }} one
 */
export function toggle(one) {
  const rest = all().filter((other) => keyOf(other) !== keyOf(one));
  const starred = rest.length === all().length;
  if (starred && rest.length >= MOST) {
    showNotice(textOf("error_favourites_full", { limit: MOST }));
    return false;
  }
  const kept = replace(starred ? [...rest, withPicture(one)] : rest);
  if (starred && !kept && !isTold) showNotice(textOf("favourites_unkept"));
  isTold ||= starred && !kept;
  document.dispatchEvent(new CustomEvent("race:star", { detail: { ...checked(one), starred } }));
  return starred;
}

/**
 * Change what belongs to one favourite: its note, name or thumbnail.
 * @param {TileRequest} one
 * @param {Partial<Favourite>} values
 * @param {{ quietly?: boolean }} [options]
 */
export function change(one, values, options) {
  replace(
    all().map((other) => (keyOf(other) === keyOf(one) ? { ...other, ...values } : other)),
    options,
  );
}

window.addEventListener("storage", (event) => {
  if (event.key !== `ganrace.${KEPT}`) return;
  known = null;
  document.dispatchEvent(new CustomEvent("race:favourites"));
});
