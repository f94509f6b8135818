import assert from "node:assert/strict";
import { test } from "node:test";

import { fillIn, patternOf } from "../../../studio/ui/shared/placeholders.js";

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

test("a sentence is recognised whole, with its values", () => {
  const pattern = patternOf("{file} has the format {found} (.json).");
  assert.deepEqual({ ...pattern.exec("config.json has the format 3 (.json).")?.groups }, { file: "config.json", found: "3" });
  assert.equal(pattern.exec("config.json has the format 3 (xjson)."), null);
  assert.equal(pattern.exec("Well: config.json has the format 3 (.json). Really"), null);
});
