import assert from "node:assert/strict";
import { test } from "node:test";

import { readLink, writeLink } from "../../../studio/ui/morph/url_words.js";

const CHOICE = {
  mode: "pair",
  pair: [3, 4],
  stops: [],
  corners: [0, 1, 2, 3],
  position: 0.25,
  closed: true,
  way: "slerp",
  x: 0.5,
  y: 1,
  method: "sefa",
  amounts: Array(8).fill(0),
  mix: null,
};

test("a choice comes back from its link", () => {
  const choices = [
    CHOICE,
    { ...CHOICE, mode: "walk", stops: [5, 6, 7], position: 1.5, closed: false },
    { ...CHOICE, mode: "pad" },
    { ...CHOICE, method: "pca", amounts: [1.5, 0, 0, 0, 0, 0, 0, -3], mix: { seed: 9, from: 2 } },
  ];
  for (const choice of choices) {
    const read = readLink(writeLink(choice) ?? "");
    assert.ok(Object.keys(read).length >= 4);
    assert.deepEqual({ ...choice, ...read }, choice);
  }
});

test("a pair is written as it always was", () => assert.equal(writeLink(CHOICE), "3,4,0.25,slerp"));

test("a walk without seeds has no link", () => assert.equal(writeLink({ ...CHOICE, mode: "walk" }), null));

test("nonsense is passed over, all of it", () => {
  for (const text of ["", "3,4", "3,4,0.5,bend", "3,4,2,slerp", "3,4,0.5,slerp_mix,1", "3,4,0.5,slerp_sefa,1", "pad,0,0,1"]) {
    assert.deepEqual(readLink(text), {}, text);
  }
  assert.deepEqual(readLink(`walk,lerp,open,0,${Array(13).fill(1)}`), {});
});
