// What people type and links say, as numbers.

export const SEEDS = 2 ** 32; // how many there are

/**
 * A seed as people type it: digits only, full-width ones of a Japanese keyboard too.
 * @param {string} text
 * @returns {number | null} null for anything else
 */
export function parseSeed(text) {
  const digits = text.normalize("NFKC").trim();
  return /^\d{1,10}$/.test(digits) && Number(digits) < SEEDS ? Number(digits) : null;
}

/**
 * A truncation as a number that is put into a link: 0.7, 1, 1e-7.
 * @param {string} text
 * @returns {number | null} null for what is no number from 0 to 1
 */
export const parsePsi = (text) => (/^\d+(\.\d+)?(e-\d+)?$/.test(text) && Number(text) <= 1 ? Number(text) : null);

/**
 * A truncation as people type it, with a comma too; 1 where nothing is typed.
 * @param {string} text
 * @returns {number | null} null for what is no number from 0 to 1
 */
export function parseTypedPsi(text) {
  const digits = text.trim().replace(",", ".") || "1";
  return /^(\d+\.?\d*|\.\d+)$/.test(digits) && Number(digits) <= 1 ? Number(digits) : null;
}

/**
 * Seeds as people write them, "3, 7, 10-12". Long ranges are only counted.
 * @param {string} text
 * @param {number} most seeds that are listed, plus one
 * @returns {{ seeds: number[], count: number, bad?: string }} `bad` is the first part that is none
 */
export function parseSeeds(text, most) {
  /** @type {number[]} */
  const seeds = [];
  let count = 0;
  for (const part of text.split(/[\s,、，]+/).filter(Boolean)) {
    const ends = part.split(/[-–~〜]/).map(parseSeed);
    const [first, last = first] = ends;
    if (ends.length > 2 || first === null || last === null || last < first) return { seeds: [], count: 0, bad: part };
    count += last - first + 1;
    for (let seed = first; seed <= last && seeds.length <= most; seed += 1) seeds.push(seed);
  }
  return { seeds, count };
}
