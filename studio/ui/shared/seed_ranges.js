// Sets of seeds as ranges [first, last], both within.

/** @typedef {[number, number]} SeedRange */

/** @param {unknown} one */
const isSeed = (one) => typeof one === "number" && Number.isInteger(one) && one >= 0 && one < 2 ** 32;

/** @param {unknown} one */
const isRange = (one) => Array.isArray(one) && one.length === 2 && one.every(isSeed) && one[0] <= one[1];

/**
 * Ranges that the browser kept, in their order. What overlaps was not written by this page, and is passed over: a seed
 * counts once.
 * @param {unknown} kept
 * @returns {SeedRange[]}
 */
export function checkedRanges(kept) {
  const ranges = Array.isArray(kept) ? kept.filter(isRange).sort((one, other) => one[0] - other[0]) : [];
  let end = -1;
  return ranges.filter(([first, last]) => first > end && (end = last) >= 0);
}

/**
 * The ranges with one more seed, or null where it is in one of them.
 * @param {SeedRange[]} ranges
 * @param {number} seed
 * @returns {SeedRange[] | null}
 */
export function withSeed(ranges, seed) {
  if (ranges.some(([first, last]) => first <= seed && seed <= last)) return null;
  const before = ranges.find((one) => one[1] === seed - 1);
  const after = ranges.find((one) => one[0] === seed + 1);
  const rest = ranges.filter((one) => one !== before && one !== after);
  return [...rest, [before?.[0] ?? seed, after?.[1] ?? seed]];
}

/** @param {SeedRange[]} ranges */
export const countSeeds = (ranges) => ranges.reduce((sum, [first, last]) => sum + last - first + 1, 0);
