// What the scripts of Explore share: its component, its elements, and the list that it knows.

import { findCheckpoint } from "../shared/checkpoints.js";
import { componentOf, finderIn } from "../shared/mount.js";
import { page, setSeed } from "../shared/page_state.js";
import { errorText } from "../shared/texts.js";

/** @import { CheckpointList, ProgramError, SeedState } from "../shared/types.d.ts" */

export const { element, props, server } = componentOf("explore/tab.js");
export const $ = finderIn(element);
export const [tile, caption, status, select, field, psiInput] = [
  ".tile",
  ".caption",
  ".status",
  ".checkpoint",
  ".seed",
  ".psi",
].map($);

/** `problem` is the error on the screen. */
export const state = {
  list: /** @type {CheckpointList} */ (props.list),
  problem: /** @type {ProgramError | null} */ (null),
};

/** No error, but worth a word, once. */
export const RELIEVED = { code: "memory_relieved", values: {} };

/** @param {ProgramError | null} error */
export function showProblem(error) {
  state.problem = error;
  status.hidden = error === null;
  status.textContent = error === null ? "" : errorText(error);
  status.classList.toggle("told", error === RELIEVED);
}

/** @param {string} sha256 */
export const checkpointOf = (sha256) => findCheckpoint(state.list, sha256);

/**
 * Look at something else: another seed, another checkpoint, another truncation.
 * @param {Partial<SeedState>} change
 */
export const requestTile = (change) => setSeed({ sha256: page.seed.sha256 ?? state.list.default, ...change });
