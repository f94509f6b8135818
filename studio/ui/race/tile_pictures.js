// The addresses of the tiles' pictures, which say a part of the commitment, the tile's code and the kind.

import { make } from "../shared/dom.js";
import { textOf } from "../shared/texts.js";
import { currentStatus } from "./context.js";

/** @typedef {"exact" | "tile" | "small" | "second" | "second_small"} PictureKind */

const RETRY_MILLISECONDS = 4000;
const MOST_TRIES = 30;

/**
 * @param {string} tile
 * @param {PictureKind} kind
 */
export const pictureAddress = (tile, kind) =>
  new URL(`race/tiles/${currentStatus()?.pictures ?? ""}/${tile}/${kind}`, document.baseURI).href;

/**
 * A picture of a tile; where it cannot be had (the program is away), it is asked for again.
 * @param {string} tile
 * @param {PictureKind} kind
 */
export function tilePicture(tile, kind, side = 640) {
  const alt = textOf(kind.startsWith("second") ? "race_second_alt" : "race_tile_alt", { tile });
  const image = make("img", { alt, width: side, height: side, decoding: "async" });
  let tries = 0;
  image.addEventListener("error", () => {
    if (tries++ < MOST_TRIES) setTimeout(() => image.isConnected && load(), RETRY_MILLISECONDS);
  });
  const load = () => (image.src = pictureAddress(tile, kind));
  load();
  return image;
}

/**
 * Fetch a picture that may be wanted next.
 * @param {string} tile
 * @param {PictureKind} kind
 */
export const preload = (tile, kind) => void Object.assign(new Image(), { src: pictureAddress(tile, kind) });
