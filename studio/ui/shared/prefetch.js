// Tiles that are asked for before anybody wants them: the seeds around the one that is shown, while nothing else is asked.

import { keyOf } from "./favourite.js";
import { SEEDS } from "./parsers.js";

/** @import { TileKey } from "./types.d.ts" */

const STEPS = [1, 2, 3, -1];
const KEPT = 8;
const IDLE_MILLISECONDS = 120;

/** @type {Map<string, any>} */
const answers = new Map();
let round = 0;

/**
 * Keep the program's answer for a tile.
 * @param {TileKey} tile
 * @param {any} answer
 */
export function keep(tile, answer) {
  if (answer.preview) return; // a smaller picture that came first: the whole one is still wanted
  const key = keyOf(tile);
  answers.delete(key);
  answers.set(key, answer);
  for (const oldest of [...answers.keys()].slice(0, -KEPT)) answers.delete(oldest);
}

/**
 * Begin to ask for what may come next.
 * @param {TileKey} tile
 * @param {(tile: TileKey) => Promise<any>} ask gives the answer for a tile
 */
export async function begin(tile, ask) {
  const own = ++round;
  if (navigator.connection?.saveData) return;
  await new Promise((resolve) => setTimeout(resolve, IDLE_MILLISECONDS));
  for (const step of STEPS) {
    const next = { ...tile, seed: (tile.seed + step + SEEDS) % SEEDS };
    if (answers.has(keyOf(next))) continue;
    if (own !== round || document.visibilityState !== "visible") return;
    const answer = await ask(next);
    if (answer.error || answer.superseded) return;
    keep(next, answer);
  }
}

export const stop = () => void round++;

/**
 * What came back for this tile already, or undefined.
 * @param {TileKey} tile
 */
export const take = (tile) => answers.get(keyOf(tile));

/** @param {string} sha256 of a checkpoint that is no longer here */
export function forget(sha256) {
  for (const key of [...answers.keys()].filter((one) => one.startsWith(sha256))) answers.delete(key);
}
