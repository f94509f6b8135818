// The cells of a tile, 10 by 10, by their numbers from 0 row by row.

import { make } from "./dom.js";
import { textOf } from "./texts.js";

const FLOWERS = 102; // where the classes are all of them, they are called by their names

/** @param {number} cell */
export const placeOfCell = (cell) => ({ cell, row: Math.floor(cell / 10) + 1, column: (cell % 10) + 1 });

/**
 * The class of a cell as it is said, of what the program tells about its tile: null where the generator knows none.
 * @param {{ classes?: number[], class_count?: number }} facts
 * @param {number} cell
 */
export function classText({ classes, class_count: count }, cell) {
  const kind = classes?.[cell];
  if (kind === undefined) return null;
  if (count !== FLOWERS) return textOf("cell_class", { kind });
  return textOf("cell_flower", { kind, flower: textOf(`flower_${kind}`) });
}

/**
 * Where a cell is, and its class.
 * @param {{ classes?: number[], class_count?: number }} facts
 * @param {number} cell
 */
export const cellText = (facts, cell) =>
  [textOf("cell", placeOfCell(cell)), classText(facts, cell)].filter(Boolean).join(" · ");

/**
 * The outline of a cell, for a layer of `marks` over its tile.
 * @param {number} cell
 */
export function cellMark(cell) {
  const mark = make("span");
  mark.style.left = `${(cell % 10) * 10}%`;
  mark.style.top = `${Math.floor(cell / 10) * 10}%`;
  return mark;
}

/**
 * The cell of a tile that was clicked; the keyboard means the first.
 * @param {Element} tile
 * @param {MouseEvent} event
 */
export function clickedCell(tile, event) {
  if (event.detail === 0) return 0;
  const box = tile.getBoundingClientRect();
  const place = (/** @type {number} */ value, /** @type {number} */ start, /** @type {number} */ length) =>
    Math.min(Math.max(Math.floor(((value - start) / length) * 10), 0), 9);
  return place(event.clientY, box.top, box.height) * 10 + place(event.clientX, box.left, box.width);
}
