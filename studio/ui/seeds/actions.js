// What keys and buttons do with the seed at the cursor.

import { findCheckpoint } from "../shared/checkpoints.js";
import { announce, toThumbnail } from "../shared/dom.js";
import * as localFavourites from "../shared/local_favourites.js";
import { textOf } from "../shared/texts.js";
import { arrange, key, selectCard, showBar, showCard, visible } from "./cards.js";
import { cards, sheet, state } from "./context.js";
import { markOf, setMarkOf } from "./marks.js";

/** @import { Mark } from "./marks.js" */

/**
 * What was kept and dropped on this sheet, each with the mark that it had before; the last one is at the end.
 * @type {{ seed: number, mark: Mark | null }[]}
 */
let marked = [];

export function forgetMarked() {
  marked = [];
}

/** @param {number} by */
export function move(by) {
  const seeds = visible();
  const next = (state.cursor === null ? -1 : seeds.indexOf(state.cursor)) + by;
  if (next >= 0 && next < seeds.length) selectCard(seeds[next], sheet.contains(document.activeElement));
}

/**
 * Mark a seed, or take the same mark back, and go on to the next.
 * @param {Mark} kind
 */
export function markCursor(kind) {
  if (state.cursor === null) return;
  const [seed, seeds] = [state.cursor, visible()];
  const place = seeds.indexOf(seed);
  marked.push({ seed, mark: markOf(seed) });
  setMark(seed, markOf(seed) === kind ? null : kind);
  const isGone = !visible().includes(seed);
  const next = seeds[place + 1] ?? (isGone ? seeds[place - 1] : undefined);
  if (next !== undefined) selectCard(next, sheet.contains(document.activeElement));
  if (isGone) arrange();
  showBar();
}

/**
 * @param {number} seed
 * @param {Mark | null} kind
 */
function setMark(seed, kind) {
  setMarkOf(seed, kind);
  announce(textOf(kind ? `seeds_marked_${kind}` : "seeds_unmarked", { seed }));
  showCard(seed);
}

export function takeBack() {
  const last = marked.pop();
  if (last === undefined) return announce(textOf("seeds_nothing_marked"));
  setMark(last.seed, last.mark);
  if (state.filter === "kept") arrange();
  if (visible().includes(last.seed)) selectCard(last.seed, sheet.contains(document.activeElement));
  showBar();
}

export function star() {
  if (state.cursor === null) return;
  const tile = key(state.cursor);
  const name = state.list ? findCheckpoint(state.list, tile.sha256)?.name : undefined;
  const image = cards.get(state.cursor)?.querySelector("img");
  const thumb = image?.complete && image.naturalWidth ? toThumbnail(image) : null;
  localFavourites.toggle({ ...tile, name, thumb });
}
