// The list of checkpoints. Those that were added on the page can go again: who added one has removed it, or newer ones
// have pushed it out.

import { findCheckpoint, withRawWeights } from "./checkpoints.js";
import { page, setSeed } from "./page_state.js";
import * as prefetch from "./prefetch.js";
import { checkpointLabel, nameText, textOf } from "./texts.js";
import * as urlState from "./url_state.js";

/** @import { CheckpointList } from "./types.d.ts" */

/**
 * Hashes of checkpoints that went while the page was open.
 * @type {Set<string>}
 */
export const removedCheckpoints = new Set();

/**
 * Take the list as the program gives it now; `race:list` tells everybody.
 * @param {CheckpointList} list
 */
export function setList(list) {
  const before = page.list;
  page.list = list;
  urlState.nameToHash(list);
  noteRemoved(before, list);
  document.dispatchEvent(new CustomEvent("race:list"));
}

/**
 * Compare a list with the one before. `race:gone` tells every tab what went; whoever looks at it is led to the one on
 * which the studio opens, with the same seed, and `race:left` tells from what to what.
 * @param {CheckpointList | null} before
 * @param {CheckpointList} list
 */
function noteRemoved(before, list) {
  for (const one of list.checkpoints) removedCheckpoints.delete(one.sha256);
  const went = (before?.checkpoints ?? []).filter((one) => one.added && !findCheckpoint(list, one.sha256));
  if (went.length === 0) return;
  for (const { sha256 } of went) {
    removedCheckpoints.add(sha256);
    prefetch.forget(sha256);
  }
  document.dispatchEvent(new CustomEvent("race:gone"));
  const left = went.find((one) => one.sha256 === page.seed.sha256);
  const now = findCheckpoint(list, list.default ?? " ");
  if (!left || !now) return;
  setSeed({ sha256: now.sha256 });
  document.dispatchEvent(new CustomEvent("race:left", { detail: { name: left.name, now: now.name } }));
}

/**
 * The program does not know a checkpoint that the list has: the list is out of date.
 * @param {string | undefined} hash
 */
export function reportUnknown(hash) {
  if (hash && page.list && findCheckpoint(page.list, hash)) document.dispatchEvent(new CustomEvent("race:outdated"));
}

/**
 * Offer the checkpoints of a list in a <select>. Weights as last trained are offered where `raw` says so; otherwise only
 * those that are chosen are named. What is chosen and not in the list comes first and is said to be so; nobody can choose
 * it, but anything else.
 * @param {HTMLSelectElement} select
 * @param {CheckpointList} list
 * @param {string | null | undefined} chosen
 */
export function fillCheckpoints(select, list, chosen, { raw = false } = {}) {
  const offered = withRawWeights(list).filter((one) => raw || one.averaged === undefined || one.sha256 === chosen);
  const isChosen = (/** @type {{ sha256: string }} */ { sha256 }) => sha256 === chosen;
  const options = offered.map((one) => new Option(checkpointLabel(one), one.sha256, false, isChosen(one)));
  select.replaceChildren(...options);
  if (chosen && !offered.some(isChosen)) select.prepend(unlisted(chosen));
}

/**
 * The option for a checkpoint that is in no list: one that is drawn (an older step of a run) has a name all the same.
 * @param {string} sha256
 */
function unlisted(sha256) {
  const hash = sha256.slice(0, 8);
  const { shown } = page;
  const isDrawn = shown?.sha256 === sha256 && !removedCheckpoints.has(sha256);
  const words = isDrawn ? `${nameText(shown.name)} · ${hash}` : textOf("compare_absent", { hash });
  const option = new Option(words, sha256, true, true);
  option.disabled = true;
  return option;
}
