// What is said of a tile in the grid: its name, which may be hidden, and which checkpoint drew it.

import { page } from "../shared/page_state.js";
import { nameText, textOf, weightsText } from "../shared/texts.js";
import { mismatch } from "./compared.js";
import { LETTERS, state, gridNow } from "./context.js";

export const isHidden = () => state.blind && !state.revealed;

/** @param {number} place */
export const titleOf = (place) => {
  const tile = gridNow().tiles[state.order[place]];
  if (isHidden()) return textOf("compare_letter", { letter: LETTERS[place] });
  const name = nameText(tile.name);
  return state.blind ? `${LETTERS[place]} = ${name}` : `${state.order[place] + 1} · ${name}`;
};

/** @param {number} place */
export const altOf = (place) => {
  const tile = gridNow().tiles[state.order[place]];
  return textOf("tile_alt", { seed: gridNow().seed, name: isHidden() ? titleOf(place) : tile.name });
};

/** @param {number} psi */
export const psiText = (psi) => (psi === 1 ? null : textOf("caption_psi", { psi }));

/**
 * Which checkpoint it is that drew a tile: how far it had been trained, its hash, and which of its weights.
 * @param {{ sha256: string, images: number | null, weights: string | null }} tile
 */
export function identityOf({ sha256, images, weights }) {
  const seen = images === null ? null : textOf("compare_images", { images: images.toLocaleString(page.language) });
  return [seen, sha256.slice(0, 8), weightsText({ weights })].filter(Boolean).join(" · ");
}

/** @param {number} place */
export function detailsOf(place) {
  const tile = gridNow().tiles[state.order[place]];
  const z = `z ${tile.z_hash}`;
  const psi = psiText(gridNow().psi);
  if (isHidden()) return [mismatch() === null ? z : null, psi].filter(Boolean).join(" · ");
  const first = gridNow().tiles.findIndex((one) => one.sha256 === tile.sha256);
  const twin = first < state.order[place] ? textOf("compare_identical", { number: first + 1 }) : null;
  return [identityOf(tile), z, psi, twin].filter(Boolean).join(" · ");
}
