// The keys of Compare.

import * as shortcuts from "../shared/shortcuts.js";
import { $, field, state } from "./context.js";
import { openCells } from "./lightbox.js";
import { randomSeed, step } from "./tab.js";
import { focusTile, hold, zoomBy, zoomOff } from "./tile_grid.js";

// The matrix has no tiles on the wall.
const onWall = (action) => () => state.mode !== "matrix" && action();
shortcuts.register("compare", {
  next: onWall(() => step(1)),
  previous: onWall(() => step(-1)),
  random: onWall(() => randomSeed()),
  key_seed_field: () => (state.mode === "matrix" ? $(".seeds") : field).select(),
  compare_key_hold: [() => hold(true), () => hold(false)],
  compare_key_enlarge: onWall(() => state.lit !== null && openCells(state.lit)),
  compare_blind: onWall(() => $(".blind").click()),
  compare_key_focus: (key) => focusTile(Number(key) - 1),
  compare_zoom_in: onWall(() => zoomBy(1)),
  compare_zoom_out: onWall(() => zoomBy(-1)),
  compare_zoom_reset: onWall(() => zoomOff()),
});
