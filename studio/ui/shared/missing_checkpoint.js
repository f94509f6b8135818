// The checkpoint of a link that is not here. Once it comes, what the link says is shown.

import { findCheckpoint } from "./checkpoints.js";
import { page, setSeed } from "./page_state.js";
import * as urlState from "./url_state.js";

/** @import { ProgramError } from "./types.d.ts" */

/** @typedef {{ named: string, name: string | null, count: number }} Missing by hash or name; `count` have that name */

/** @type {Missing | null} */
let missing = null;

/** What the link names and is not here, or null. */
export const missingCheckpoint = () => missing;

/** @param {Missing | null} next */
function setMissing(next) {
  missing = next;
  document.dispatchEvent(new CustomEvent("race:missing"));
}

/**
 * Note that what the link names could not be shown.
 * @param {ProgramError} error
 */
export function noteMissing({ code, values = {} }) {
  const named = urlState.get("ck");
  if (named === null || !["error_unknown_checkpoint", "error_namesakes"].includes(code)) return;
  const shortened = /^[0-9a-f]{8,64}$/i.test(named) ? named.slice(0, 8) : named.slice(0, 40);
  setMissing({ named: shortened, name: urlState.get("name")?.slice(0, 40) ?? null, count: values.count ?? 0 });
}

document.addEventListener("race:seed", () => missing !== null && page.seed.sha256 !== null && setMissing(null));
document.addEventListener("race:list", () => {
  const { list } = page;
  if (missing === null || list === null) return;
  const error = urlState.wrong(["ck"]);
  if (error !== null) return noteMissing(error);
  const found = findCheckpoint(list, (urlState.get("ck") ?? " ").toLowerCase());
  if (found) setSeed({ sha256: found.sha256 });
});

/**
 * Open the panel in which a checkpoint is added.
 * @param {string} [wanted] the hash, or its beginning, of the one that is looked for
 */
export const openAdding = (wanted) =>
  document.dispatchEvent(new CustomEvent("race:open-checkpoints", { detail: { isAdding: true, wanted } }));

/**
 * Open the list of checkpoints with those that have a name.
 * @param {string} search
 */
export const openNamed = (search) =>
  document.dispatchEvent(new CustomEvent("race:open-checkpoints", { detail: { search } }));
