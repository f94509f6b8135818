import assert from "node:assert/strict";
import { test } from "node:test";

import { parsePsi, parseSeed, parseSeeds, parseTypedPsi } from "../../../studio/ui/shared/parsers.js";

test("a seed is a whole number below 2^32, full-width digits and spaces around it included", () => {
  assert.deepEqual(["0", " 7 ", "４２", "4294967295"].map(parseSeed), [0, 7, 42, 4294967295]);
  for (const text of ["", "-1", "1.5", "1e3", "4294967296", "12345678901", "0x10", "seed"]) {
    assert.equal(parseSeed(text), null, text);
  }
});

test("a truncation of a link is a number from 0 to 1, as JavaScript writes it", () => {
  assert.deepEqual(["0", "0.7", "1", "1e-7"].map(parsePsi), [0, 0.7, 1, 1e-7]);
  for (const text of ["", "1.5", "-0.1", ".5", "0,5", "NaN", "1e3"]) assert.equal(parsePsi(text), null, text);
});

test("a truncation that is typed may have a comma, and nothing is 1", () => {
  assert.deepEqual(["", " 0,5 ", ".5", "1."].map(parseTypedPsi), [1, 0.5, 0.5, 1]);
  for (const text of ["1.01", "a", "-1", "1e-7"]) assert.equal(parseTypedPsi(text), null, text);
});

test("seeds are numbers and ranges, with Japanese commas and dashes too", () => {
  assert.deepEqual(parseSeeds("3, 7, 10-12", 6), { seeds: [3, 7, 10, 11, 12], count: 5 });
  assert.deepEqual(parseSeeds("3、７ 10〜11", 6).seeds, [3, 7, 10, 11]);
  assert.deepEqual(parseSeeds("", 6), { seeds: [], count: 0 });
});

test("a long range of seeds is counted and not written out", () => {
  const { seeds, count } = parseSeeds("0-4294967295", 6);
  assert.equal(count, 2 ** 32);
  assert.equal(seeds.length, 7);
});

test("the first part that is no seed is named", () => {
  for (const [text, bad] of [["1, x", "x"], ["5-3", "5-3"], ["1-2-3", "1-2-3"], ["4294967296", "4294967296"]]) {
    assert.equal(parseSeeds(text, 6).bad, bad);
  }
});
