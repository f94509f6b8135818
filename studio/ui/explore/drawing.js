// What stands in the place of a tile until it is drawn: a grid of 10 x 10 cells, its rows as far as they are finished, and
// after a moment a bar that names the seed. A tile is hidden as soon as the page names another one beside it.

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

const [stage, bar, words, picture] = [".stage", ".drawing-bar", ".drawing-words", ".drawn-rows"].map($);

/** @type {{ timer: number, showWished: () => void } | null} the change of number and tile that is held back */
let held = null;
let isHidden = false;
let waits = 0; // for tiles; only the newest one shows its progress

/**
 * Hide the tile, and let the page name the one that is wished in the same step.
 * @param {() => void} showWished names it in the fields
 * @param {number} after milliseconds; 0 where the fields name it already
 */
export function hideTile(showWished, after = HOLD_MILLISECONDS) {
  if (isHidden) return showWished();
  held = { timer: held?.timer ?? window.setTimeout(hideNow, after), showWished };
  if (after === 0) hideNow();
}

function hideNow() {
  isHidden = true;
  nameWished();
  stage.classList.add("drawing");
  stage.setAttribute("aria-busy", "true");
}

function nameWished() {
  if (held === null) return;
  clearTimeout(held.timer);
  held.showWished();
  held = null;
}

/** The tile that is wished is on the screen, or none is wished any more. */
export function revealTile() {
  nameWished();
  uncover();
}

/**
 * A tile that was wished on the way to another one is on the screen for a moment, under its own name.
 * @param {() => void} showWished names the one that is wished by then
 */
export function showBetween(showWished) {
  keepTile();
  hideTile(showWished, BETWEEN_MILLISECONDS);
}

/** The tile on the screen stays, and is named again: the one that was wished cannot be asked for now. */
export function keepTile() {
  clearTimeout(held?.timer);
  held = null;
  uncover();
}

function uncover() {
  endProgress();
  isHidden = false;
  stage.classList.remove("drawing");
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
  for (let rows = 0; mayAsk && isWished(tile); await pause(ROWS_MILLISECONDS)) {
    const found = await callServer(server.drawn_rows, { ...tile, side: ROWS_SIDE, rows, preview: true });
    if (own !== waits || found.error) return;
    if (found.thumbnail && isWished(tile)) rows = showRows(found);
  }
}

const isWished = (/** @type {TileKey} */ tile) => page.seed.sha256 === null || isSame(page.seed, tile);

/** @param {Rows} found */
function showRows({ rows, thumbnail }) {
  bar.value = rows;
  picture.src = jpegUrl(thumbnail ?? "");
  picture.hidden = false;
  return rows;
}

/** The bar names the seed that is wished now. */
export function showProgressWords() {
  if (!bar.hidden) words.textContent = textOf("drawing", page.seed);
}
document.addEventListener("race:seed", () => {
  picture.hidden = true; // rows of another tile
  showProgressWords();
});
