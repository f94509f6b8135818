// The keys of Compare.

import * as shortcuts from "../shared/shortcuts.js";
import { randomSeed, step } from "./compared.js";
import { $, field, state } from "./context.js";
import { openCells } from "./lightbox.js";
import { focusTile, hold, zoomBy, zoomOff } from "./tile_grid.js";

/**
 * The matrix has no tiles in the grid.
 * @param {() => unknown} action
 */
const inGrid = (action) => () => state.mode !== "matrix" && action();
shortcuts.register("compare", {
  next: inGrid(() => step(1)),
  previous: inGrid(() => step(-1)),
  random: inGrid(() => randomSeed()),
  key_seed_field: () => (state.mode === "matrix" ? $(".seeds") : field).select(),
  compare_key_hold: [() => hold(true), () => hold(false)],
  compare_key_enlarge: inGrid(() => state.lit !== null && openCells(state.lit)),
  compare_blind: inGrid(() => $(".blind").click()),
  compare_key_focus: (key) => focusTile(Number(key) - 1),
  compare_zoom_in: inGrid(() => zoomBy(1)),
  compare_zoom_out: inGrid(() => zoomBy(-1)),
  compare_zoom_reset: inGrid(() => zoomOff()),
});
