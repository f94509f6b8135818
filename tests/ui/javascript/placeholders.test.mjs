import assert from "node:assert/strict";
import { test } from "node:test";

import { fillIn } from "../../../studio/ui/shared/placeholders.js";

test("values take their places, and what has none stays", () => {
  assert.equal(fillIn("seed {seed} of {name}", { seed: 0 }), "seed 0 of {name}");
});

test("a word follows its count", () => {
  const text = "{count} {count:picture|pictures}";
  assert.deepEqual([0, 1, 2, "1"].map((count) => fillIn(text, { count })), [
    "0 pictures",
    "1 picture",
    "2 pictures",
    "1 picture",
  ]);
});

test("a value is not read as a text with places", () => {
  assert.equal(fillIn("{a}{b}", { a: "{b}", b: "$&" }), "{b}$&");
});
