// Checkpoints of a list, by their hashes.

/** @import { Checkpoint, CheckpointList } from "./types.d.ts" */

/**
 * The checkpoints of a list in their kinds of weights: each as it is listed, and after it, where it has them, its weights
 * as last trained, which have a hash of their own and a name that says so; `averaged` is then the first's hash.
 * @param {Pick<CheckpointList, "checkpoints">} list
 * @returns {Checkpoint[]}
 */
export const withRawWeights = (list) =>
  list.checkpoints.flatMap((one) =>
    one.raw
      ? [one, { ...one, sha256: one.raw, averaged: one.sha256, name: one.raw_name ?? one.name, weights: "raw" }]
      : [one],
  );

/**
 * The name of a checkpoint without the mark of those that were added, for where that is told otherwise.
 * @param {Pick<Checkpoint, "name" | "added">} one
 */
export const ownName = (one) => (one.added ? one.name.replace(" · added", "") : one.name);

/**
 * What a hash names in a list, whole or its beginning.
 * @param {Pick<CheckpointList, "checkpoints">} list
 * @param {string} hash
 */
export const findCheckpoint = (list, hash) => withRawWeights(list).find((one) => one.sha256.startsWith(hash));

/**
 * Whether a picture is in a lower precision than the tile.
 * @param {{ precision?: string }} picture
 */
export const isPreview = ({ precision }) => precision !== undefined && precision !== "float32";
