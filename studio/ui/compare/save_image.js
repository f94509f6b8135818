// The comparison as one picture with its words: to keep and to show, never to hand in. Then the keys, and the beginning.

import { announce, make, saveBlob } from "../shared/dom.js";
import { findersIn } from "../shared/mount.js";
import { nameText, textOf } from "../shared/texts.js";
import { mismatch } from "./compared.js";
import { $, state, gridNode, gridNow } from "./context.js";
import { drawExactly, showProgress } from "./matrix.js";
import { detailsOf, identityOf, psiText, titleOf } from "./tile_words.js";

/** @import { MatrixRow, MatrixTile } from "./types.d.ts" */
/** @typedef {{ image: HTMLImageElement, title: string, details: string }} Captioned */

const BAND = 88; // pixels of words under a tile
const HEAD = 96;
const FONT = 'system-ui, "Hiragino Sans", "Noto Sans CJK JP", "Yu Gothic", sans-serif';

/**
 * What is to be drawn: rows of {image, title, details}, and the words above.
 * @returns {Captioned[][]}
 */
function pictureRows() {
  if (state.mode === "matrix") {
    const detailsIn = (/** @type {MatrixRow} */ { psi }, /** @type {MatrixTile} */ tile) =>
      [identityOf(tile), `z ${tile.z_hash}`, psiText(psi)].filter(Boolean).join(" · ");
    const cellOf = (/** @type {MatrixRow} */ row, /** @type {number} */ column) => ({
      image: row.images[column],
      title: `${row.seed} · ${nameText(row.tiles[column].name)}`,
      details: detailsIn(row, row.tiles[column]),
    });
    return state.rows.map((row) => row.tiles.map((_, column) => cellOf(row, column)));
  }
  /** @type {Map<string, HTMLImageElement>} */
  const images = new Map(findersIn(gridNode)("img.tile").map((image) => [image.src, image]));
  const places = state.mode === "side" ? state.order.map((_, place) => place) : state.pair;
  const cells = places.map((place) => ({
    image: /** @type {HTMLImageElement} */ (images.get(gridNow().tiles[state.order[place]].url)),
    title: titleOf(place),
    details: detailsOf(place),
  }));
  const columns = cells.length < 4 ? cells.length : Math.ceil(cells.length / 2);
  return Array.from({ length: Math.ceil(cells.length / columns) }, (_, row) =>
    cells.slice(row * columns, (row + 1) * columns),
  );
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {string} text
 * @param {{ x: number, y: number, size: number, width: number, weight?: string }} place
 */
function drawWords(context, text, { x, y, size, width, weight = "400" }) {
  context.font = `${weight} ${size}px ${FONT}`;
  context.fillText(text, x, y, width);
}

/**
 * @param {Captioned[][]} lines
 * @param {number} side
 */
function drawPicture(lines, side) {
  const gap = 16;
  const columns = Math.max(...lines.map((line) => line.length));
  const canvas = make("canvas", {
    width: Math.max(columns * (side + gap) + gap, 640),
    height: HEAD + lines.length * (side + BAND),
  });
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  context.fillStyle = "#ffffff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.fillStyle = "#18181b";
  const room = canvas.width - 2 * gap;
  const title =
    state.mode === "matrix" ? textOf("compare_matrix") : textOf("compare_saved_title", { seed: gridNow().seed });
  drawWords(context, title, { x: gap, y: 40, size: 28, width: room, weight: "650" });
  const code = mismatch();
  const warning = code === null ? "" : textOf(code);
  drawWords(context, `${textOf("compare_never")} ${warning}`, { x: gap, y: 74, size: 20, width: room });
  lines.forEach((line, row) =>
    line.forEach(({ image, title: name, details }, column) => {
      const [x, y] = [gap + column * (side + gap), HEAD + row * (side + BAND)];
      context.drawImage(image, x, y, side, side);
      const [large, small] = side < 400 ? [18, 14] : [26, 20];
      drawWords(context, name, { x, y: y + side + 30, size: large, width: side, weight: "650" });
      drawWords(context, details, { x, y: y + side + 60, size: small, width: side });
    }),
  );
  return canvas;
}

$(".save-picture").addEventListener("click", async () => {
  $(".save-picture").disabled = true;
  const isExact = state.mode !== "matrix" || (await drawExactly());
  if (state.progress?.key === "compare_exactly") showProgress(null);
  $(".save-picture").disabled = false;
  if (isExact) savePicture();
});

function savePicture() {
  const lines = state.mode === "matrix" || state.grid !== null ? pictureRows() : [];
  if (lines.length === 0) return;
  const canvas = drawPicture(lines, Math.max(...lines.flat().map(({ image }) => image.naturalWidth)));
  const name = state.mode === "matrix" ? "comparison_matrix.png" : `comparison_seed${gridNow().seed}.png`;
  canvas.toBlob((blob) => {
    if (blob === null) return;
    saveBlob(blob, name);
    announce(textOf("compare_saved", { file: name }));
  }, "image/png");
}
