// The keys of Seeds, of the sheet and of the knockout.

import * as shortcuts from "../shared/shortcuts.js";
import { markCursor, move, star, takeBack } from "./actions.js";
import { openTile } from "./cards.js";
import { state } from "./context.js";
import { setColumns } from "./stream.js";
import { decideFor, leaveKnockout, pick, rivals, toSide, undo } from "./tournament.js";

const STEPS = new Map([
  ["ArrowLeft", () => -1],
  ["ArrowRight", () => 1],
  ["ArrowUp", () => -state.columns],
  ["ArrowDown", () => state.columns],
]);
shortcuts.register("seeds", {
  seeds_key_move: (key) => move(STEPS.get(key)?.() ?? 0),
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
  knockout_both: () => decideFor([...rivals().shown]),
  knockout_neither: () => decideFor([]),
  knockout_key_ringed: () => rivals().shown.length === 0 && openTile(rivals().alive[0] ?? null),
  knockout_undo: () => undo(),
  knockout_leave: () => leaveKnockout(),
});
