// Whether a tile may be handed in, in words: what is shown whole is one seed, untouched, so that only an untrained stand-in
// may not. What the file declares of it is said, too.

import { page } from "./page_state.js";
import { textOf } from "./texts.js";

/**
 * @param {{ sha256: string, psi: number, weights?: string | null }} tile
 * @returns {{ submittable: boolean, words: string }}
 */
export function submissionStatus({ sha256, psi, weights }) {
  const { untrained = null, checkpoints = [] } = page.list ?? {};
  if (untrained !== null && checkpoints.some((one) => one.sha256 === sha256)) {
    return { submittable: false, words: textOf("submission_untrained") };
  }
  const truncated = psi === 1 ? [] : [textOf("submission_psi", { psi })];
  const declared = [...truncated, ...(weights === "raw" ? [textOf("weights_raw")] : [])];
  if (declared.length === 0) return { submittable: true, words: textOf("submittable") };
  return {
    submittable: true,
    words: textOf("submission_declared", { declared: declared.join(textOf("submission_and")) }),
  };
}

/**
 * Let a badge say so of the tile on the screen.
 * @param {HTMLElement} node
 */
export function setUpStatusBadge(node) {
  const show = () => {
    node.hidden = page.shown === null;
    if (page.shown === null) return;
    const { submittable, words } = submissionStatus(page.shown);
    node.textContent = words;
    node.classList.toggle("illegal", !submittable);
  };
  for (const name of ["ganrace:shown", "race:list", "ganrace:language"]) document.addEventListener(name, show);
  show();
}
