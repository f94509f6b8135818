import assert from "node:assert/strict";
import { test } from "node:test";

import { checkedRanks, completed, moved, toggled } from "../../../studio/ui/race/ranking.js";

test("a tile is chosen as the next best and taken off again; of a full list nothing is pushed out", () => {
  assert.deepEqual(toggled([], "A1", 3), ["A1"]);
  assert.deepEqual(toggled(["A1", "B2"], "A1", 3), ["B2"]);
  assert.deepEqual(toggled(["A1", "B2", "C3"], "D4", 3), ["A1", "B2", "C3"]);
  assert.deepEqual(toggled(["A1"], "D4", 1), ["D4"]);
});

test("the last tile of a final takes its place by itself", () => {
  const tiles = ["A1", "B2", "C3"];
  assert.deepEqual(completed(["A1", "B2"], tiles, { least: 3, most: 3 }), tiles);
  assert.deepEqual(completed(["A1"], tiles, { least: 3, most: 3 }), ["A1"]);
  assert.deepEqual(completed(["A1", "B2"], tiles, { least: 1, most: 3 }), ["A1", "B2"]);
  assert.deepEqual(completed([], ["A1"], { least: 1, most: 1 }), []);
});

test("a tile moves up and down and stays at the ends", () => {
  assert.deepEqual(moved(["A1", "B2"], 1, -1), ["B2", "A1"]);
  assert.deepEqual(moved(["A1", "B2"], 0, -1), ["A1", "B2"]);
  assert.deepEqual(moved(["A1", "B2"], 1, 1), ["A1", "B2"]);
});

test("of a draft that anybody may have written only what fits is taken", () => {
  assert.deepEqual(checkedRanks(["A1", "A1", "X9", 7, "B2", "C3"], ["A1", "B2", "C3"], 2), ["A1", "B2"]);
  assert.deepEqual(checkedRanks("A1", ["A1"], 1), []);
  assert.deepEqual(checkedRanks(null, ["A1"], 1), []);
});
