import assert from "node:assert/strict";
import { test } from "node:test";

import { checkedRanges, countSeeds, withSeed } from "../../../studio/ui/shared/seed_ranges.js";
import { runsOf } from "../../../studio/ui/verify/runs.js";

test("seeds join the ranges beside them", () => {
  assert.deepEqual(withSeed([], 5), [[5, 5]]);
  assert.deepEqual(withSeed([[1, 4]], 5), [[1, 5]]);
  assert.deepEqual(withSeed([[6, 9]], 5), [[5, 9]]);
  assert.deepEqual(withSeed([[1, 4], [6, 9], [20, 20]], 5), [[20, 20], [1, 9]]);
  assert.equal(withSeed([[1, 4]], 4), null);
});

test("what the browser kept is put in order, and what is none or overlaps is passed over", () => {
  assert.deepEqual(checkedRanges([[7, 9], [1, 3], [3, 5], [2], "x", [9, 8], [-1, 2], [0.5, 1]]), [[1, 3], [7, 9]]);
  assert.deepEqual(checkedRanges({ a: 1 }), []);
  assert.equal(countSeeds([[1, 3], [7, 7]]), 4);
});

test("numbers that follow each other are one run", () => {
  assert.deepEqual(runsOf([3, 7, 8, 9, 11]), [[3], [7, 8, 9], [11]]);
  assert.deepEqual(runsOf([]), []);
});
