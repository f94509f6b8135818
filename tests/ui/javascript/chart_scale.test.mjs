import assert from "node:assert/strict";
import { test } from "node:test";

import { powers, rangeOf, ticks } from "../../../studio/ui/compare/chart_scale.js";

const lineOf = (...values) => {
  const points = values.map((y, x) => ({ x, y }));
  return { index: 0, name: "a", points, smooth: points, alarms: [] };
};

test("an axis is marked at round numbers within its range", () => {
  assert.deepEqual(ticks(0, 10, 5), [0, 2, 4, 6, 8, 10]);
  assert.deepEqual(ticks(0.3, 1.1, 4).map((tick) => Number(tick.toFixed(6))), [0.4, 0.6, 0.8, 1]);
});

test("a linear range has every value and a little room", () => {
  const { low, high } = rangeOf([lineOf(1, 2, 3)], "linear");
  assert.ok(low < 1 && low > 0.8);
  assert.ok(high > 3 && high < 3.2);
});

test("one wild line of three does not flatten the others, but the logarithmic scale shows it", () => {
  const lines = [lineOf(1, 1.1, 1.2), lineOf(1, 1.2, 1.1), lineOf(1e4, 2e4, 3e4)];
  assert.ok(rangeOf(lines, "linear").high < 10);
  assert.ok(rangeOf(lines, "log").high > 3e4);
});

test("a logarithmic axis is marked at powers of ten on both sides of 0", () => {
  assert.deepEqual(new Set(powers({ low: -20, high: 200, unit: 1 })), new Set([-10, -1, 0, 1, 10, 100]));
});
