// What was kept and dropped, for each checkpoint and truncation: {seed: "keep" | "drop"}. And what was starred.

import * as localFavourites from "../shared/local_favourites.js";
import { parseSeed } from "../shared/parsers.js";
import * as storage from "../shared/storage.js";
import { state } from "./context.js";

/** @typedef {"keep" | "drop"} Mark */

const KEPT = "marks";
const MOST_MARKED = 40; // checkpoints whose marks are kept

/** By what the browser keeps the marks of the checkpoint that is shown. */
export const markedName = () => `${state.request?.sha256} ${state.request?.psi}`;

/** @returns {Record<string, Record<string | number, unknown>>} */
function every() {
  const kept = storage.read(KEPT);
  return typeof kept === "object" && kept !== null && !Array.isArray(kept) ? kept : {};
}

/** @type {() => Record<string | number, unknown>} */
const own = () => every()[markedName()] ?? {};

/**
 * @param {number} seed
 * @returns {Mark | null}
 */
export function markOf(seed) {
  const mark = own()[seed];
  return mark === "keep" || mark === "drop" ? mark : null;
}

/**
 * @param {number} seed
 * @param {Mark | null} mark
 */
export function setMarkOf(seed, mark) {
  const all = every();
  const marks = { ...all[markedName()], [seed]: mark };
  if (mark === null) delete marks[seed];
  delete all[markedName()];
  storage.write(KEPT, Object.fromEntries([...Object.entries(all), [markedName(), marks]].slice(-MOST_MARKED)));
}

/** @param {number[]} seeds */
export const byNumber = (seeds) => [...new Set(seeds)].sort((one, other) => one - other);

/** What was kept of this checkpoint, on all its sheets. */
export function keptSeeds() {
  const kept = Object.entries(own()).filter(([, mark]) => mark === "keep");
  return kept.map(([seed]) => parseSeed(seed)).filter((seed) => seed !== null);
}

/** What was starred of this checkpoint, on any tab. */
export function starredSeeds() {
  const isOfThis = (/** @type {{ sha256: string, psi: number }} */ { sha256, psi }) =>
    sha256 === state.request?.sha256 && psi === state.request.psi;
  return localFavourites
    .all()
    .filter(isOfThis)
    .map((one) => one.seed);
}

/** A filter by one of these shows what it names, wherever the sheet is: the seeds by the filter's name. */
export const SEEDS_OF_FILTER = new Map([
  ["kept", keptSeeds],
  ["starred", starredSeeds],
]);
