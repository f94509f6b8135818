// One cell of all tiles, enlarged.

import { callServer } from "../shared/api.js";
import { classText, placeOfCell } from "../shared/cells.js";
import { Lightbox } from "../shared/lightbox.js";
import { textOf } from "../shared/texts.js";
import * as urlState from "../shared/url_state.js";
import { visitor } from "../shared/visitor.js";
import { $, props, server, showProblem, state, gridNow } from "./context.js";
import { setLit } from "./tile_grid.js";
import { isHidden, titleOf } from "./tile_words.js";

/** @import { DrawnCell } from "../protocol.d.ts" */

export const lens = new Lightbox($(".lens"), {
  async ask(cell) {
    const { seed, psi, tiles } = gridNow();
    const answer = await callServer(server.compare_cells, {
      checkpoints: tiles.map((one) => one.sha256),
      seed,
      psi,
      cell,
      visitor,
    });
    if (answer.error || answer.superseded) return answer;
    return gridNow().tiles === tiles ? { cells: state.order.map((tile) => answer.cells[tile]) } : { superseded: true };
  },
  nearest: props.copies ? askNearest : null,
  stopNearest: () => server.compare_stop_nearest({ visitor }),
  words(cell, cells) {
    const caption = textOf("cell", placeOfCell(cell));
    const kindOf = (/** @type {any} */ facts) => (isHidden() ? null : classText(facts, cell));
    const pictures = cells.map((facts, place) => ({
      alt: `${titleOf(place)}: ${caption}`,
      title: [titleOf(place), kindOf(facts)].filter(Boolean).join(" · "),
    }));
    return { caption, pictures };
  },
  fail: showProblem,
  opened(cell) {
    setLit(cell);
    urlState.set({ cell });
  },
  closed: () => urlState.set({ cell: null }),
});

/**
 * The training pictures nearest to each of the pictures that are enlarged, in the order of their hashes: the order on
 * the grid would tell which is which.
 * @param {number} cell
 * @param {DrawnCell[]} shown
 */
async function askNearest(cell, shown) {
  const checkpoints = [...new Set(shown.map((one) => one.sha256))].sort();
  const { seed, psi } = shown[0];
  const answer = await server.compare_nearest({ checkpoints, seed, psi, cell, visitor });
  return answer.cells ? { cells: shown.map((one) => answer.cells[checkpoints.indexOf(one.sha256)]) } : answer;
}

/** @param {number} index */
export const openCells = (index) => state.grid !== null && lens.open(index);

// What the link with which the page came says is enlarged, once there is something to enlarge.
let linkedCell = urlState.cellOn("compare");
export function openLinked() {
  if (linkedCell !== null) openCells(linkedCell);
  linkedCell = null;
}
