// How many seeds of a checkpoint this browser has shown: the more were looked at, the more the best one owes to luck.

import { page } from "./page_state.js";
import { checkedRanges, countSeeds, withSeed } from "./seed_ranges.js";
import * as storage from "./storage.js";

const KEPT = "looked";
const MOST_CHECKPOINTS = 100;

/**
 * {hash: [[first, last], ...]}, the checkpoint looked at last at the end; anybody can have written anything there.
 * @returns {Record<string, unknown>}
 */
function all() {
  const kept = storage.read(KEPT);
  return typeof kept === "object" && kept !== null && !Array.isArray(kept) ? kept : {};
}

/** @param {{ sha256: string, seed: number }} tile */
export function add({ sha256, seed }) {
  const kept = all();
  const ranges = withSeed(checkedRanges(kept[sha256]), seed);
  if (ranges === null) return;
  delete kept[sha256];
  kept[sha256] = ranges;
  storage.write(KEPT, Object.fromEntries(Object.entries(kept).slice(-MOST_CHECKPOINTS)));
  document.dispatchEvent(new CustomEvent("race:looked"));
}

/** @param {string} sha256 */
export const count = (sha256) => countSeeds(checkedRanges(all()[sha256]));

document.addEventListener("ganrace:shown", () => page.shown && add(page.shown));
