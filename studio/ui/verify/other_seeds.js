// Two other seeds of a checkpoint beside a tile, drawn by the program's random choice: what they show, and what a machine
// can tell of it.

import { callServer } from "../shared/api.js";
import { jpegUrl, make } from "../shared/dom.js";
import { openSeed } from "../shared/tabs.js";
import { errorText, textOf } from "../shared/texts.js";
import { visitor } from "../shared/visitor.js";
import { $, server } from "./context.js";
import { cellsText, warningTexts } from "./verdict_words.js";

/** @import { CompareReply, Problem, VerdictReply } from "../protocol.d.ts" */
/** @import { TileKey } from "../shared/types.d.ts" */

const AGAIN_MILLISECONDS = 3000; // while the training pictures are read

/** @type {TileKey | null} the tile that is compared */
let tile = null;
/** @type {CompareReply | null} */
let comparison = null;
/** @type {Problem | null} */
let problem = null;
let isAsking = false;

/**
 * The tile that a verdict was about, where one was drawn for it.
 * @param {VerdictReply | null} verdict
 * @returns {TileKey | null}
 */
export function drawnTile(verdict) {
  if (!verdict || verdict.origin === null || verdict.checkpoint === null || verdict.seed === null) return null;
  return { sha256: verdict.checkpoint, seed: verdict.seed, psi: verdict.psi ?? 1 };
}

/**
 * @param {TileKey} asked
 * @param {boolean} anew
 * @returns {Promise<CompareReply | { error: Problem } | null>} null where another request has taken its place
 */
export async function compareSeeds(asked, anew = false) {
  const answer = await callServer(server.compare_seeds, { ...asked, anew, visitor });
  return "superseded" in answer ? null : answer;
}

/**
 * Show the other seeds of a tile; what is known of them already is not asked again.
 * @param {VerdictReply | null} verdict
 * @param {CompareReply | null} known
 */
export function showOtherSeeds(verdict, known = null) {
  tile = drawnTile(verdict);
  comparison = known;
  problem = null;
  isAsking = false; // what is asked for another tile goes unread
  show();
  if (tile !== null && (known === null || known.reading !== null)) ask(tile);
}

/**
 * @param {TileKey} asked
 * @param {boolean} anew
 */
async function ask(asked, anew = false) {
  isAsking = true;
  show();
  const answer = await compareSeeds(asked, anew);
  if (asked !== tile) return;
  isAsking = false;
  problem = answer && "error" in answer ? answer.error : null;
  if (answer && !("error" in answer)) comparison = answer;
  show();
  if (comparison?.reading) setTimeout(() => asked === tile && !isAsking && ask(asked), AGAIN_MILLISECONDS);
}

/** What the line above the tiles says: that they are drawn, why they are not, or that pictures are still read. */
function lineText() {
  if (problem) return errorText(problem);
  if (comparison?.problem) return textOf("others_no_copies", { reason: comparison.problem });
  if (comparison?.reading) return textOf("others_reading", comparison.reading);
  return isAsking ? textOf("others_drawing") : "";
}

function show() {
  $(".other-seeds").hidden = tile === null;
  if (tile === null) return;
  $(".others-line").textContent = lineText();
  $(".others-line").hidden = $(".others-line").textContent === "";
  $(".warnings").replaceChildren(...warningTexts(comparison).map((words) => make("li", {}, words)));
  $(".other-tiles").replaceChildren(...(comparison?.tiles ?? []).map(figureOf));
  $(".others-facts").replaceChildren(
    ...factsOf().flatMap(([key, value]) => [make("dt", {}, key), make("dd", {}, value)]),
  );
  $(".others-anew").disabled = isAsking;
}

/** @param {CompareReply["tiles"][number]} other */
function figureOf({ seed, jpeg }) {
  const words = textOf("other_seed", { seed });
  const image = make("img", { src: jpegUrl(jpeg), alt: words, width: 640, height: 640 });
  const button = make("button", { type: "button", className: "tile-button", title: textOf("other_open") }, image);
  button.addEventListener("click", () => tile && openSeed({ ...tile, seed }));
  return make("figure", {}, button, make("figcaption", {}, words));
}

/** @returns {[string, string][]} */
function factsOf() {
  if (comparison === null || comparison.tiles.length === 0) return [];
  const { score, repeated, limits, copies } = comparison;
  const copied = copies?.length ? `${copies.length} (${cellsText(copies)})` : String(copies?.length);
  return [
    [textOf("others_score"), textOf("others_limit", { value: score.toFixed(1), limit: limits.score })],
    [textOf("others_repeated"), textOf("others_limit", { value: repeated, limit: limits.repeated })],
    ...(copies === null ? [] : [/** @type {[string, string]} */ ([textOf("others_copies"), copied])]),
  ];
}

$(".others-anew").addEventListener("click", () => tile && ask(tile, true));
/** To be called when the language changes. */
export const showOthersAgain = show;
