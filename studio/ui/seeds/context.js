// What the scripts of Seeds share: its component, its elements, and what they know of the sheet.

import { componentOf, finderIn, findersIn } from "../shared/mount.js";
import { Signal } from "../shared/signal.js";

/** @import { CheckpointList, ProgramError } from "../shared/types.d.ts" */
/** @import { Contest, Score } from "./types.d.ts" */

export const { element, props, server } = componentOf("seeds/tab.js");
export const $ = finderIn(element);
export const $$ = findersIn(element);
export const [status, sheet, select] = [".status", ".sheet", ".seeds-checkpoint"].map($);

export const SMALL = 320; // pixels of a picture's side
export const LARGE = 640;
export const AHEAD_WORKER = 2; // the lane of what may come next, and of the first tile, which calls off what has not come
export const MOST_ENTRANTS = 240; // of a knockout, and seeds of other sheets that are ranked

/**
 * `range` are the seeds of the sheet, `request` is the checkpoint and the truncation that they are drawn with; `cursor` is the
 * seed that the keys are about; `scores` are in their order, the best first; `hasPreviewRows` tells whether the rows of
 * the first tile are in a lower precision, until the whole of it is there; `round` counts the streams: an answer to an
 * older one is not shown; a `halted` sheet draws nothing more until somebody lets it; `contest` is the knockout that goes
 * on.
 */
export const state = {
  list: /** @type {CheckpointList | null} */ (null),
  range: { start: 0, count: 0 },
  request: /** @type {{ sha256: string, psi: number } | null} */ (null),
  cursor: /** @type {number | null} */ (null),
  filter: "all",
  order: "number",
  columns: 0,
  problem: /** @type {ProgramError | null} */ (null),
  scores: /** @type {Map<number, Score>} */ (new Map()),
  hasPreviewRows: false,
  round: 0,
  halted: false,
  contest: /** @type {Contest | null} */ (null),
};

/** The cursor is on another seed. */
export const cursorMoved = /** @type {Signal} */ (new Signal());

/** @type {Map<number, any>} list items by seed: those of the sheet in their order, then any other that was shown */
export const cards = new Map();
/** @type {Map<string, string>} addresses of JPEGs by `seed side` */
export const pictures = new Map();
/** @type {Set<string>} which of them are in a lower precision than the tile */
export const previews = new Set();
