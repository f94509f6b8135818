// The order of the list of checkpoints: by use, by date or by score. Numbers of two networks cannot be compared: the list
// goes by the network that has scored most of it.

/** @import { Checkpoint, Distance } from "../shared/types.d.ts" */

export const ORDERS = ["use", "date", "score"];

const networkOf = (/** @type {Distance} */ { network }) => network?.text ?? "";

/**
 * The network that has scored most checkpoints; null where none has.
 * @param {Checkpoint[]} checkpoints
 * @returns {string | null}
 */
export function mainNetwork(checkpoints) {
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const name of checkpoints.flatMap((one) => (one.distances ?? []).map(networkOf))) {
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts].sort((one, other) => other[1] - one[1])[0]?.[0] ?? null;
}

/**
 * What is shown of a checkpoint's scores: that of this network, else its first one.
 * @param {Checkpoint} one
 * @param {string | null} network
 * @returns {Distance | undefined}
 */
export const distanceOf = ({ distances = [] }, network) =>
  distances.find((distance) => networkOf(distance) === network) ?? distances[0];

/**
 * Where a checkpoint stands by score: the network's own first, then what too few pictures gave, then what cannot be compared.
 * @param {Checkpoint} one
 * @param {string | null} network
 * @returns {[number, number]}
 */
function scoreRank(one, network) {
  const distance = distanceOf(one, network);
  if (distance === undefined) return [3, 0];
  if (networkOf(distance) !== network) return [2, 0];
  return [distance.few ? 1 : 0, distance.kid];
}

/**
 * @param {[number, number]} one
 * @param {[number, number]} other
 */
const compare = (one, other) => one[0] - other[0] || one[1] - other[1];

/**
 * The checkpoints in an order; what is equal in it stands by score, then as it was.
 * @param {Checkpoint[]} checkpoints
 * @param {string} order one of ORDERS
 * @param {string[]} used hashes, those used last first
 * @returns {Checkpoint[]}
 */
export function sorted(checkpoints, order, used) {
  const network = mainNetwork(checkpoints);
  const place = (/** @type {Checkpoint} */ { sha256, raw }) => {
    const found = used.findIndex((one) => one === sha256 || one === raw);
    return found < 0 ? used.length : found;
  };
  const first = (/** @type {Checkpoint} */ one) => ({ use: place(one), date: -(one.saved ?? 0) })[order] ?? 0;
  return [...checkpoints].sort(
    (one, other) => first(one) - first(other) || compare(scoreRank(one, network), scoreRank(other, network)),
  );
}
