// How the tiles are shown: a mode of the grid, or the matrix.

import { showNotice } from "../shared/dom.js";
import * as storage from "../shared/storage.js";
import { textOf } from "../shared/texts.js";
import * as urlState from "../shared/url_state.js";
import { $, $$, matrixLeft, showProblem, state, gridNode, gridRequested } from "./context.js";
import { beginMatrix, stopMatrix } from "./matrix.js";
import { redraw, showPair } from "./tile_grid.js";
import { isHidden } from "./tile_words.js";

const MODE = "compare_mode"; // how the browser keeps the mode that was chosen
const WALL_MODES = ["side", "flip", "slider"];
state.gridMode = firstMode();

/**
 * What was refused in one mode is no matter of another.
 * @param {string} next
 */
export function setMode(next) {
  if (next !== state.mode) showProblem(null);
  state.mode = next;
  for (const radio of $$(".modes input")) radio.checked = radio.value === state.mode;
  gridNode.dataset.mode = state.mode;
  $(".matrix-form").hidden = $(".matrix").hidden = state.mode !== "matrix";
  gridNode.hidden = $(".zoom").hidden = $(".lit-words").hidden = state.mode === "matrix";
  $(".seed-form").hidden = state.mode === "matrix";
  $(".blind").closest("label").hidden = state.mode === "matrix";
  urlState.set({ cmpmode: state.mode });
  if (state.mode === "matrix") return beginMatrix();
  state.gridMode = state.mode;
  urlState.set({ cmpseeds: null });
  stopMatrix();
  showPair();
  redraw();
  gridRequested.send();
}
matrixLeft.listen(() => setMode(state.gridMode));

/** @param {string} next */
function chooseMode(next) {
  if (next === "matrix" && isHidden()) {
    showNotice(textOf("compare_blind_matrix"));
    next = state.mode; // what was hidden stays so
  }
  if (next !== "matrix") storage.write(MODE, next);
  setMode(next);
}
for (const radio of $$(".modes input")) {
  radio.addEventListener("change", () => chooseMode(radio.value));
}

// A phone has no room for two tiles side by side: it begins with one in the place of the other.
function firstMode() {
  const kept = storage.read(MODE);
  if (WALL_MODES.includes(kept)) return kept;
  return matchMedia("(max-width: 860px)").matches ? "flip" : "side";
}

// The mode that the link names, for this visit only: nobody has chosen it here.
export const linkedMode = () => [...WALL_MODES, "matrix"].find((one) => one === urlState.get("cmpmode"));
