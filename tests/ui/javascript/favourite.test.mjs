import assert from "node:assert/strict";
import { test } from "node:test";

import { checked, fromFileContent, isSame, keyOf, toFileContent } from "../../../studio/ui/shared/favourite.js";

const SHA256 = "0".repeat(64);
const GOOD = { sha256: SHA256, seed: 5, psi: 1, note: "red", name: "alpha", added: 7, thumb: null };

test("a favourite is kept as it is", () => assert.deepEqual(checked(GOOD), GOOD));

test("what is no tile is no favourite", () => {
  const wrong = [{ sha256: "x" }, { seed: -1 }, { seed: 2 ** 32 }, { seed: "5" }, { seed: 1.5 }, { psi: 1.1 }, { psi: NaN }];
  for (const change of wrong) assert.equal(checked({ ...GOOD, ...change }), null, JSON.stringify(change));
  for (const one of [null, 5, "x", [], {}]) assert.equal(checked(one), null);
});

test("what belongs to a favourite is cut or left out where it is not as it should be", () => {
  const one = checked({ ...GOOD, note: "n".repeat(200), name: 5, thumb: "javascript:alert(1)", psi: undefined });
  assert.equal(one?.note.length, 80);
  assert.deepEqual([one?.name, one?.thumb, one?.psi], ["", null, 1]);
});

test("two are the same tile where checkpoint, seed and truncation are", () => {
  assert.ok(isSame(GOOD, { sha256: SHA256, seed: 5 }));
  assert.ok(!isSame(GOOD, { ...GOOD, psi: 0.5 }));
  assert.ok(!isSame(GOOD, null));
  assert.equal(keyOf({ sha256: "a", seed: 1 }), "a 1 1");
});

test("a file gives back what was put into it, without thumbnails", () => {
  const { favourites } = fromFileContent(toFileContent([{ ...GOOD, thumb: "data:image/jpeg;base64,AA==" }]));
  assert.deepEqual(favourites, [GOOD]);
});

test("a file of an earlier version, which names former browsers, is read without them", () => {
  const content = { kind: "gan-race-favourites", version: 1, favourites: [{ ...GOOD, former: ["0123456789abcdef"] }] };
  assert.deepEqual(fromFileContent(JSON.stringify(content)).favourites, [GOOD]);
});

test("what is wrong with a file is named", () => {
  const file = { kind: "gan-race-favourites", version: 1, favourites: [GOOD, { ...GOOD, seed: -1 }] };
  const problemOf = (change) => fromFileContent(JSON.stringify({ ...file, ...change })).problem;
  assert.deepEqual(fromFileContent("{").problem, { key: "error_favourites_json" });
  assert.deepEqual(problemOf({ kind: "other" }), { key: "error_favourites_kind" });
  assert.deepEqual(problemOf({ favourites: {} }), { key: "error_favourites_kind" });
  assert.deepEqual(problemOf({ version: 2 }), { key: "error_favourites_version", values: { version: "2", known: 1 } });
  assert.deepEqual(problemOf({}), { key: "error_favourites_row", values: { row: 2 } });
});

test("a note is cut before the sign that does not fit, and loses what hides", () => {
  const family = "\u{1f468}\u200d\u{1f469}\u200d\u{1f467}";
  const noteOf = (note) => checked({ ...GOOD, note }).note;
  assert.equal(noteOf("x".repeat(78) + family), "x".repeat(78));
  assert.equal(noteOf(`we ${family}`), `we ${family}`);
  assert.equal(noteOf("gpj.\u202eelit"), "gpj.elit");
  assert.equal(noteOf("x".repeat(100)), "x".repeat(80));
  assert.equal(noteOf("half \ud83d"), "half ");
});
