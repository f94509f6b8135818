// Choosing tiles for a ballot: lists of codes, the best first.

/**
 * Choose a tile as the next best, or take it off. Of a full list nothing is pushed out.
 * @param {readonly string[]} ranks
 * @param {string} tile
 * @param {number} most
 * @returns {string[]}
 */
export function toggled(ranks, tile, most) {
  if (ranks.includes(tile)) return ranks.filter((one) => one !== tile);
  if (most === 1) return [tile];
  return ranks.length < most ? [...ranks, tile] : [...ranks];
}

/**
 * Put the last tile in its place where a ballot must rank all and only one is left.
 * @param {readonly string[]} ranks
 * @param {readonly string[]} tiles that can be ranked
 * @param {{ least: number, most: number }} paper
 * @returns {string[]}
 */
export function completed(ranks, tiles, { least, most }) {
  const left = tiles.filter((one) => !ranks.includes(one));
  return least === most && most > 1 && left.length === 1 ? [...ranks, ...left] : [...ranks];
}

/**
 * Move a tile up (-1) or down (1); beyond the ends it stays.
 * @param {readonly string[]} ranks
 * @param {number} place
 * @param {-1 | 1} by
 * @returns {string[]}
 */
export function moved(ranks, place, by) {
  const target = place + by;
  const next = [...ranks];
  if (target < 0 || target >= ranks.length) return next;
  [next[place], next[target]] = [next[target], next[place]];
  return next;
}

/**
 * What of a kept draft still fits a paper.
 * @param {unknown} draft anybody can have written anything there
 * @param {readonly string[]} tiles that can be ranked
 * @param {number} most
 * @returns {string[]}
 */
export function checkedRanks(draft, tiles, most) {
  if (!Array.isArray(draft)) return [];
  return [...new Set(draft)].filter((one) => tiles.includes(one)).slice(0, most);
}
