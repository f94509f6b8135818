// A verdict and its warnings in the reader's language.

import { errorText, hasText, textOf } from "../shared/texts.js";
import { runsOf } from "./runs.js";

/** @import { CompareReply, Problem, VerdictReply } from "../protocol.d.ts" */

/**
 * Rising numbers as "3, 7 to 12"; two that follow each other are no range.
 * @param {number[]} cells
 */
export const cellsText = (cells) => runsOf(cells).map(runText).join(", ");

/** @param {number[]} run */
const runText = (run) =>
  run.length > 2 ? textOf("cell_range", { first: run[0], last: run[run.length - 1] }) : run.join(", ");

/**
 * Why the verdict is what it is; the page lists the cells and false claims itself.
 * @param {VerdictReply} verdict
 * @param {Problem | null} problem what went wrong instead, where nothing could be checked
 */
export function sentenceOf(verdict, problem = null) {
  if (problem) return errorText(problem);
  const { names, more, chunks, colour, pixels } = verdict.values;
  const words = {
    chunks: Array.isArray(names) ? chunkText(names, Number(more)) : chunks,
    pixels: colour ? textOf(`colour_${colour}`) : pixels,
  };
  const remarks = verdict.remarks.map(({ code, values }) => textOf(`remark_${code}`, values));
  const said = [textOf(`reason_${verdict.reason}`, { ...verdict.values, ...words }), ...remarks].join("");
  return verdict.claims.length ? said + textOf("reason_false_claims") : said;
}

/**
 * The chunks of a PNG with what they do, and dots where there are more.
 * @param {string[]} names
 * @param {number} more
 */
function chunkText(names, more) {
  const named = names.map(
    (name) => `${name} (${textOf(hasText(`chunk_${name}`) ? `chunk_${name}` : "chunk_unknown")})`,
  );
  return [...named, ...(more > 0 ? ["..."] : [])].join(", ");
}

/**
 * What an organiser should look at.
 * @param {CompareReply | null} comparison
 */
export const warningTexts = (comparison) =>
  (comparison?.warnings ?? []).map(({ code, values }) =>
    textOf(`warning_${code}`, { ...values, ...(comparison?.copies && { cells: cellsText(comparison.copies) }) }),
  );

/**
 * A verdict on what was never sent, or could not be.
 * @param {string} reason
 * @param {VerdictReply["values"]} values
 * @returns {VerdictReply}
 */
export const uncheckedVerdict = (reason, values = {}) => ({
  ...{ outcome: "could_not_check", reason, values, seed: null, checkpoint: null, psi: null, weights: null },
  ...{ origin: null, cells: [], largest: null, share: null, differences: [], remarks: [], claims: [], notes: [] },
});
