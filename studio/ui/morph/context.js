// What the scripts of Morph share: its component, what is chosen, and what is on the screen.

import { componentOf, finderIn, findersIn } from "../shared/mount.js";
import { page } from "../shared/page_state.js";
import { AMOUNTS } from "./url_words.js";

/** @import { CheckpointList, ProgramError } from "../shared/types.d.ts" */
/** @import { MorphTileReply } from "../protocol.d.ts" */
/** @import { Choice, MorphRequest } from "./types.d.ts" */

export const { element, props, server } = componentOf("morph/tab.js");
export const $ = finderIn(element);
export const $$ = findersIn(element);

export const FRAME_MS = 1000 / 15; // the strip follows a slider at most so often
export const still = matchMedia("(prefers-reduced-motion: reduce)");

/** @type {Map<string, number>} how many styles a checkpoint has, by its hash */
export const stylesOf = new Map();

/** @type {Choice} */
export const state = {
  sha256: null,
  mode: "pair",
  pair: [0, 1],
  stops: [],
  corners: [0, 1, 2, 3],
  position: 0.5,
  closed: true,
  way: "slerp",
  x: 0.5,
  y: 0.5,
  psi: 1,
  method: "sefa",
  amounts: Array(AMOUNTS).fill(0),
  mix: null,
};

/**
 * `lost` is the error of what could not be asked for: it is, once the program answers again. `shown` is what the tile
 * shows: the answer, and the request that it answers; `stripKey` is the request that the strip shows, `settled` the one
 * that a whole tile is wanted for.
 */
export const view = {
  list: /** @type {CheckpointList} */ (page.list ?? props.list),
  problem: /** @type {ProgramError | null} */ (null),
  lost: /** @type {ProgramError | null} */ (null),
  shown: /** @type {(MorphTileReply & { asked: MorphRequest, key: string }) | null} */ (null),
  stripKey: /** @type {string | null} */ (null),
  settled: /** @type {string | null} */ (null),
  playing: false,
  isStripPreview: false,
};
