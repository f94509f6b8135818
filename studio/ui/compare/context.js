// What the scripts of Compare share: its component, its elements, and what is compared.

import { componentOf, finderIn, findersIn } from "../shared/mount.js";
import { Signal } from "../shared/signal.js";
import { errorText } from "../shared/texts.js";

/** @import { CheckpointList, ProgramError } from "../shared/types.d.ts" */
/** @import { MatrixBegun, MatrixProgress, MatrixRow, Slot, TileGrid } from "./types.d.ts" */

export const { element, props, server } = componentOf("compare/tab.js");
export const $ = finderIn(element);
export const $$ = findersIn(element);
export const [status, gridNode, field] = [".status", ".tile-grid", ".seed"].map($);

export const COLUMNS = 10; // of a tile
export const LETTERS = "ABCDEF"; // names of the tiles where theirs are hidden

/**
 * `list` is what there is to compare; `order` says which tile stands at which place, `pair` which two places flip and
 * slider show; `grid` is what is on the screen; `gridMode` is the mode to which a row of the matrix leads; `lit` is the
 * cell that is marked in every tile; `lost` is the error of what could not be asked for: it is, once the program answers
 * again. Of the matrix: its `rows` on the screen, the `progress` of its drawing, and with what
 * it has `begun`.
 */
export const state = {
  list: /** @type {CheckpointList | null} */ (null),
  slots: /** @type {Slot[]} */ ([]),
  mode: "side",
  blind: false,
  revealed: false,
  order: /** @type {number[]} */ ([]),
  pair: [0, 1],
  grid: /** @type {TileGrid | null} */ (null),
  problem: /** @type {ProgramError | null} */ (null),
  lost: /** @type {ProgramError | null} */ (null),
  busy: false,
  gridMode: "side",
  lit: /** @type {number | null} */ (null),
  rows: /** @type {MatrixRow[]} */ ([]),
  progress: /** @type {MatrixProgress | null} */ (null),
  begun: /** @type {MatrixBegun | null} */ (null),
};

/** The list, for what is called only once there is one. */
export const listNow = () => /** @type {CheckpointList} */ (state.list);

/** The grid of tiles, for what is called only while there is one. */
export const gridNow = () => /** @type {TileGrid} */ (state.grid);

/** What is chosen has changed: it is to be drawn, and said in the link. */
export const choiceChanged = /** @type {Signal} */ (new Signal());

/** The grid of tiles is to show what is chosen. */
export const gridRequested = /** @type {Signal} */ (new Signal());

/** The tiles in the grid are others, or stand otherwise. */
export const gridShown = /** @type {Signal} */ (new Signal());

/** A seed of the matrix leads to the grid. */
export const matrixLeft = /** @type {Signal} */ (new Signal());

/** No error, but worth a word, once. */
export const RELIEVED = { code: "memory_relieved", values: {} };

/** @param {ProgramError | null} error */
export function showProblem(error) {
  state.problem = error;
  status.hidden = error === null;
  status.textContent = error === null ? "" : errorText(error);
  status.classList.toggle("failed", error !== null && error !== RELIEVED);
}

/** @param {ProgramError} error */
export function fail(error) {
  showProblem(error);
  if (error.code === "error_connection") state.lost = error;
}
