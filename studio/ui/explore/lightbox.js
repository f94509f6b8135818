// One picture, enlarged from its exact pixels, and the training pictures nearest to it.

import { callServer } from "../shared/api.js";
import { cellText, placeOfCell } from "../shared/cells.js";
import { Lightbox } from "../shared/lightbox.js";
import { page } from "../shared/page_state.js";
import { textOf } from "../shared/texts.js";
import * as urlState from "../shared/url_state.js";
import { visitor } from "../shared/visitor.js";
import { $, props, server, showProblem } from "./context.js";

/** @import { ShownTile } from "../shared/types.d.ts" */

/** The tile on the screen: without one nothing is enlarged. */
const shownTile = () => /** @type {ShownTile} */ (page.shown);

/** @param {number} cell */
function requestFor(cell) {
  const { sha256, seed, psi } = shownTile();
  return { sha256, seed, psi, cell, visitor };
}

export const lens = new Lightbox($(".lens"), {
  ask: (cell) => callServer(server.cell, requestFor(cell)),
  nearest: props.copies ? (cell) => server.nearest(requestFor(cell)) : null,
  stopNearest: () => server.stop_nearest({ visitor }),
  words: cellWords,
  fail: showProblem,
  opened: (cell) => urlState.set({ cell }),
  closed: () => urlState.set({ cell: null }),
});

/** @param {number} cell */
export const openCell = (cell) => page.shown !== null && lens.open(cell);

/** @param {number} cell */
function cellWords(cell) {
  const shown = shownTile();
  const place = { ...placeOfCell(cell), seed: shown.seed };
  return { caption: cellText(shown, cell), pictures: [{ alt: textOf("cell_alt", place) }] };
}
