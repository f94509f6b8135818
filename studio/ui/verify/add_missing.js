// Where the checkpoint of a tile is not here: it can be added at once, and then the tile is checked again.

import { findCheckpoint } from "../shared/checkpoints.js";
import { openAdding } from "../shared/missing_checkpoint.js";
import { page } from "../shared/page_state.js";

/**
 * Set up the button beside a verdict.
 * @param {HTMLElement} button
 * @param {() => unknown} checkAgain
 * @returns {(verdict: { reason: string, values: Record<string, any> } | null) => void} to be told of each verdict
 */
export function setUpAdding(button, checkAgain) {
  let wanted = ""; // the hash of the checkpoint that is missing
  button.addEventListener("click", () => openAdding(wanted));
  document.addEventListener("race:list", () => {
    if (wanted !== "" && page.list !== null && findCheckpoint(page.list, wanted)) checkAgain();
  });
  return (verdict) => {
    wanted = verdict?.reason === "unknown_checkpoint" ? hashOf(verdict.values.sha256) : "";
    button.hidden = wanted === "" || !page.mayAdd;
  };
}

/** @param {unknown} value what a file says is its checkpoint's hash */
const hashOf = (value) => (typeof value === "string" && /^[0-9a-f]{8,64}$/.test(value) ? value : "");
