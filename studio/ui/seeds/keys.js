// The keys of Seeds, of the sheet and of the knockout.

import * as shortcuts from "../shared/shortcuts.js";
import { state } from "./context.js";
import { markCursor, move, openTile, setColumns, star, takeBack } from "./tab.js";
import { decideFor, leaveKnockout, pick, toSide, undo } from "./tournament.js";

const STEPS = {
  ArrowLeft: () => -1,
  ArrowRight: () => 1,
  ArrowUp: () => -state.columns,
  ArrowDown: () => state.columns,
};
shortcuts.register("seeds", {
  seeds_key_move: (key) => move(STEPS[key]()),
  seeds_keep: () => markCursor("keep"),
  seeds_drop: () => markCursor("drop"),
  seeds_star: () => star(),
  seeds_open: () => openTile(state.cursor),
  seeds_key_columns: (key) => setColumns(Number(key)),
  seeds_key_back: () => takeBack(),
});
shortcuts.register("knockout", {
  knockout_key_pick: (key) => pick((Number(key) + 9) % 10), // 0 is the tenth
  knockout_key_side: (key) => toSide(key === "ArrowLeft" ? -1 : 1),
  knockout_both: () => decideFor([...state.contest.stage.shown]),
  knockout_neither: () => decideFor([]),
  knockout_key_ringed: () => state.contest.stage.shown.length === 0 && openTile(state.contest.stage.alive[0]),
  knockout_undo: () => undo(),
  knockout_leave: () => leaveKnockout(),
});
