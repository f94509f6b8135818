// What the scripts of Compare share: its component, its elements, and what is compared.

import { componentOf, finderIn, findersIn } from "../shared/mount.js";

/** @import { CheckpointList, ProgramError } from "../shared/types.d.ts" */
/** @import { MatrixBegun, MatrixProgress, MatrixRow, Slot, Wall } from "./types.d.ts" */

export const { element, props, server } = componentOf("compare/tab.js");
export const $ = finderIn(element);
export const $$ = findersIn(element);
export const [status, wallNode, field] = [".status", ".wall", ".seed"].map($);

export const COLUMNS = 10; // of a tile
export const LETTERS = "ABCDEF"; // names of the tiles where theirs are hidden

/**
 * `list` is what there is to compare; `order` says which tile stands at which place, `pair` which two places flip and
 * slider show; `wall` is what is on the screen; `wallMode` is the mode to which a row of the matrix leads; `lit` is the
 * cell that is marked in every tile. Of the matrix: its `rows` on the screen, the `progress` of its drawing, and with what
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
  wall: /** @type {Wall | null} */ (null),
  problem: /** @type {ProgramError | null} */ (null),
  busy: false,
  wallMode: "side",
  lit: /** @type {number | null} */ (null),
  rows: /** @type {MatrixRow[]} */ ([]),
  progress: /** @type {MatrixProgress | null} */ (null),
  begun: /** @type {MatrixBegun | null} */ (null),
};
