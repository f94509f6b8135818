import assert from "node:assert/strict";
import { test } from "node:test";

import { distanceOf, mainNetwork, sorted } from "../../../studio/ui/checkpoints/sorting.js";

const by = (text, kid, few = false) => ({ kid, few, network: text === null ? null : { text, code: null } });
const one = (sha256, saved, ...distances) => ({ sha256, raw: null, saved, distances });
const ALL = [
  one("ada", 30, by("Net", 2)),
  one("best", 20, by("Net", 0.1)),
  one("few", 50, by("Net", 0.01, true)),
  one("other", 40, by("Eye", 0.001)),
  one("none", 10),
];
const names = (order, used = []) => sorted(ALL, order, used).map(({ sha256 }) => sha256);

test("by score the lowest comes first, then too few pictures, then another network, then none", () => {
  assert.deepEqual(names("score"), ["best", "ada", "few", "other", "none"]);
});

test("by date the newest comes first", () => {
  assert.deepEqual(names("date"), ["few", "other", "ada", "best", "none"]);
});

test("by use the last used come first, weights as last trained too, the rest by score", () => {
  assert.deepEqual(names("use", ["none", "ada"]), ["none", "ada", "best", "few", "other"]);
  const twin = { ...ALL[4], raw: "raw of none" };
  assert.equal(sorted([...ALL.slice(0, 4), twin], "use", ["raw of none"])[0].sha256, "none");
});

test("the list goes by the network that has scored most of it", () => {
  assert.equal(mainNetwork(ALL), "Net");
  assert.equal(mainNetwork([ALL[4]]), null);
  assert.deepEqual(distanceOf(one("two", 0, by("Eye", 1), by("Net", 2)), "Net").kid, 2);
  assert.equal(distanceOf(ALL[3], "Net").kid, 0.001);
  assert.equal(distanceOf(ALL[4], "Net"), undefined);
});

test("a list of before, without scores and dates, keeps its order", () => {
  const older = [{ sha256: "b" }, { sha256: "a" }];
  for (const order of ["use", "date", "score"]) assert.deepEqual(sorted(older, order, []), older);
});
