// Which tiles are the same, or nearly equal, as studio/race/near_duplicates.py tells it.

export const MAX_LEVELS = 3;
const CELLS = 100;
const CHANNELS = 3;

/**
 * The mean colours of the squares of each cell, a byte each, and the mean colour of each cell: two tiles cannot be nearer
 * than their cells' mean colours are.
 * @typedef {{ squares: Uint8Array, means: Float32Array }} Signature
 */
/** @typedef {{ sha256: string | null, seed: number | null, psi: number | null, signature: Signature | null }} Tile */

/**
 * @param {string | null} base64
 * @returns {Signature | null}
 */
export function signatureOf(base64) {
  if (base64 === null) return null;
  const squares = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  const means = new Float32Array(CELLS * CHANNELS);
  const values = squares.length / CELLS; // of a cell
  squares.forEach((value, place) => {
    means[Math.floor(place / values) * CHANNELS + (place % CHANNELS)] += (value * CHANNELS) / values;
  });
  return { squares, means };
}

/**
 * @param {ArrayLike<number>} one
 * @param {ArrayLike<number>} other
 */
function meanDifference(one, other) {
  let sum = 0;
  for (let place = 0; place < one.length; place++) sum += Math.abs(one[place] - other[place]);
  return sum / one.length;
}

/**
 * How two files are alike, or null.
 * @param {Tile} one
 * @param {Tile} other
 * @returns {"same_tile" | "nearly_equal" | null}
 */
export function similarity(one, other) {
  const isTile = one.sha256 !== null && one.seed !== null && one.psi !== null;
  if (isTile && one.sha256 === other.sha256 && one.seed === other.seed && one.psi === other.psi) return "same_tile";
  if (one.signature === null || other.signature === null) return null;
  if (meanDifference(one.signature.means, other.signature.means) > MAX_LEVELS) return null;
  return meanDifference(one.signature.squares, other.signature.squares) <= MAX_LEVELS ? "nearly_equal" : null;
}
