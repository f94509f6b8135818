// One picture, enlarged from its exact pixels, and the training pictures that are nearest to it.

import { callServer } from "../shared/api.js";
import { cellText, clickedCell } from "../shared/cells.js";
import { Lightbox } from "../shared/lightbox.js";
import { visitor } from "../shared/visitor.js";
import { $, props, server, view } from "./context.js";
import { showProblem } from "./words.js";

export const lens = new Lightbox($(".lens"), {
  ask: (cell) => callServer(server.morph_cell, { ...view.shown?.asked, cell }),
  nearest: props.copies ? (cell) => server.morph_copies({ ...view.shown?.asked, cell, visitor }) : null,
  stopNearest: () => server.morph_stop_copies({ visitor }),
  words(cell) {
    const { classes, class_count } = view.shown ?? {};
    const words = cellText({ classes: classes ?? undefined, class_count: class_count ?? undefined }, cell);
    return { caption: words, pictures: [{ alt: words }] };
  },
  fail: showProblem,
});
$(".morph-button").addEventListener(
  "click",
  (/** @type {MouseEvent} */ event) => view.shown !== null && lens.open(clickedCell($(".morph-tile"), event)),
);
