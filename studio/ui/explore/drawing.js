// What stands in the place of a tile until it is drawn: a grid of 10 x 10 cells, its rows as far as they are finished, and
// after a moment a bar that names the seed. A tile is hidden as soon as the page names another one beside it. Only where
// the truncation is all that changes, as under a slider, the last tile stays, grey and dim with its own ψ written on it,
// and the rows of the new one come over it.

import { callServer } from "../shared/api.js";
import { jpegUrl } from "../shared/dom.js";
import { isSame } from "../shared/favourite.js";
import { page } from "../shared/page_state.js";
import { textOf } from "../shared/texts.js";
import { $, server } from "./context.js";

/** @import { TileKey } from "../shared/types.d.ts" */
/** @typedef {{ rows: number, thumbnail: string | null, error?: object }} Rows */

export const HOLD_MILLISECONDS = 100; // for which number and tile stay what they were: most tiles are there by then
const BETWEEN_MILLISECONDS = 250; // less than the bar of the next one waits
const BAR_MILLISECONDS = 300;
const ROWS_MILLISECONDS = 150; // between two questions for finished rows
const ROWS_SIDE = 320; // of the whole tile, as every answer has all finished rows again

const [stage, bar, words, picture, lastPsi] = [
  ".stage",
  ".drawing-bar",
  ".drawing-words",
  ".drawn-rows",
  ".last-psi",
].map($);

/** @type {{ timer: number, showRequested: () => void } | null} the change of number and tile that is held back */
let held = null;
let isHidden = false;
let waits = 0; // for tiles; only the newest one shows its progress

/**
 * Hide the tile, and let the page name the one that is requested in the same step.
 * @param {() => void} showRequested names it in the fields
 * @param {number} after milliseconds; 0 where the fields name it already
 */
export function hideTile(showRequested, after = HOLD_MILLISECONDS) {
  if (isHidden) return showRequested();
  held = { timer: held?.timer ?? window.setTimeout(hideNow, after), showRequested };
  if (after === 0) hideNow();
}

function hideNow() {
  isHidden = true;
  nameRequested();
  stage.classList.add("drawing");
  dimLast();
  stage.setAttribute("aria-busy", "true");
}

function nameRequested() {
  if (held === null) return;
  clearTimeout(held.timer);
  held.showRequested();
  held = null;
}

const isOtherPsi = () =>
  page.shown !== null && isSame({ ...page.shown, psi: page.seed.psi }, page.seed) && !isSame(page.shown, page.seed);

// What is on the screen meanwhile: the last tile of this seed, under its own truncation, or nothing.
function dimLast() {
  const isDim = isHidden && isOtherPsi();
  stage.classList.toggle("dimmed", isDim);
  lastPsi.hidden = !isDim;
  lastPsi.textContent = isDim ? textOf("caption_psi", { psi: page.shown?.psi }) : "";
}

/** The tile that is requested is on the screen, or none is requested any more. */
export function revealTile() {
  nameRequested();
  uncover();
}

/**
 * A tile that was requested on the way to another one is on the screen for a moment, under its own name.
 * @param {() => void} showRequested names the one that is requested by then
 */
export function showBetween(showRequested) {
  keepTile();
  hideTile(showRequested, BETWEEN_MILLISECONDS);
}

/** The tile on the screen stays, and is named again: the one that was requested cannot be asked for now. */
export function keepTile() {
  clearTimeout(held?.timer);
  held = null;
  uncover();
}

function uncover() {
  endProgress();
  isHidden = false;
  stage.classList.remove("drawing");
  dimLast();
  stage.setAttribute("aria-busy", "false");
  picture.hidden = true;
  picture.removeAttribute("src");
}

/** Nothing is being drawn, whether the tile is there or not. */
export function endProgress() {
  waits++;
  bar.hidden = true;
  words.textContent = "";
}

/**
 * Show how far a tile is, until its answer is there.
 * @template T
 * @param {TileKey} tile
 * @param {Promise<T>} answer
 * @param {boolean} withRows whether its rows may be asked for, which cost a slow network too much
 */
export async function withProgress(tile, answer, withRows) {
  const own = ++waits;
  followProgress(tile, own, withRows);
  try {
    return await answer;
  } finally {
    if (own === waits) waits++;
  }
}

const pause = (/** @type {number} */ milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/**
 * @param {TileKey} tile
 * @param {number} own
 * @param {boolean} withRows
 */
async function followProgress(tile, own, withRows) {
  if (bar.hidden) await pause(BAR_MILLISECONDS);
  if (own !== waits) return;
  bar.removeAttribute("value");
  bar.hidden = false;
  showProgressWords();
  const mayAsk = withRows && navigator.connection?.saveData !== true;
  for (let rows = 0; mayAsk && isRequested(tile); await pause(ROWS_MILLISECONDS)) {
    const found = await callServer(server.drawn_rows, { ...tile, side: ROWS_SIDE, rows, preview: true });
    if (own !== waits || found.error) return;
    if (found.thumbnail && isRequested(tile)) rows = showRows(found);
  }
}

const isRequested = (/** @type {TileKey} */ tile) => page.seed.sha256 === null || isSame(page.seed, tile);

/** @param {Rows} found */
function showRows({ rows, thumbnail }) {
  bar.value = rows;
  picture.src = jpegUrl(thumbnail ?? "");
  picture.hidden = false;
  return rows;
}

/** The bar names the seed that is requested now, and its truncation where there is one or the last tile had one. */
export function showProgressWords() {
  const key = page.seed.psi !== 1 || isOtherPsi() ? "drawing_psi" : "drawing";
  if (!bar.hidden) words.textContent = textOf(key, page.seed);
}
document.addEventListener("ganrace:shown", dimLast);
document.addEventListener("race:seed", () => {
  picture.hidden = true; // rows of another tile
  dimLast();
  showProgressWords();
});
