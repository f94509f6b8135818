// What is compared: the checkpoints that are chosen, whether one seed means the same to them, and the seed.

import { withRawWeights } from "../shared/checkpoints.js";
import { make } from "../shared/dom.js";
import { page, setSeed } from "../shared/page_state.js";
import { SEEDS } from "../shared/parsers.js";
import { textOf } from "../shared/texts.js";
import { $, element, listNow, state } from "./context.js";

/** @import { Checkpoint, CheckpointList, TrainingStep } from "../shared/types.d.ts" */
/** @import { AbsentSlot, Described, Slot } from "./types.d.ts" */
/** @typedef {Checkpoint & { steps: TrainingStep[] }} Choice */
/** @typedef {{ z_dim?: number, classes?: number }} Shape of latents */

export const isOpen = () => page.tab === "compare" && element.isConnected;

/**
 * What can be chosen: checkpoints, and their weights as last trained, which a run keeps of its newest checkpoint only.
 * @param {Pick<CheckpointList, "checkpoints">} some
 * @returns {Choice[]}
 */
export const choices = (some) =>
  withRawWeights(some).map((one) => ({ ...one, steps: one.averaged === undefined ? (one.steps ?? []) : [] }));

/** @param {string | null} sha256 */
export const checkpointOf = (sha256) => choices(listNow()).find((one) => one.sha256 === sha256);

export const chosen = () => state.slots.filter((slot) => !isAbsent(slot));

/**
 * A slot whose checkpoint is not here.
 * @param {Slot} slot
 * @returns {slot is AbsentSlot}
 */
export const isAbsent = (slot) => slot.absent !== undefined;

// One seed means the same latents only to generators of equal z sizes and equal counts of classes: of those that are
// shown, and of those that are chosen, which may not be drawn yet, or cannot be.
export const mismatch = () =>
  mismatchAmong(state.mode === "matrix" ? state.rows.flatMap((row) => row.tiles) : (state.grid?.tiles ?? [])) ??
  mismatchAmong(chosenOnes());

export const chosenOnes = () =>
  chosen()
    .map((slot) => checkpointOf(slot.sha256))
    .filter((one) => one !== undefined);

/** @param {Shape[]} shapes */
export function mismatchAmong(shapes) {
  const differ = (/** @type {(shape: Shape) => unknown} */ of) => new Set(shapes.map(of)).size > 1;
  if (differ((one) => one.z_dim)) return "compare_z_sizes";
  return differ((one) => one.classes) ? "compare_classes" : null;
}

export function showMismatch() {
  const code = mismatch();
  $(".mismatch").hidden = code === null;
  $(".mismatch").textContent = code === null ? "" : textOf(code);
}

/** @param {string} url */
export async function decoded(url) {
  const image = make("img", { src: url, draggable: false });
  await image.decode();
  return image;
}

/**
 * What is said of a tile: the name of its checkpoint, how far it had been trained, the kind of its weights, and the
 * shape of its latents.
 * @param {string} sha256
 * @returns {Described}
 */
export function described(sha256) {
  for (const one of choices(listNow())) {
    const step = [one, ...one.steps].find((match) => match.sha256 === sha256);
    if (step) {
      return { name: one.name, images: step.images, weights: one.weights, z_dim: one.z_dim, classes: one.classes };
    }
  }
  return { name: sha256.slice(0, 8), images: null, weights: null };
}

/**
 * Moving among seeds: the seed is Explore's.
 * @param {number} by
 */
export const step = (by) => setSeed({ seed: (page.seed.seed + by + SEEDS) % SEEDS });

export function randomSeed() {
  setSeed({ seed: crypto.getRandomValues(new Uint32Array(1))[0] });
}
