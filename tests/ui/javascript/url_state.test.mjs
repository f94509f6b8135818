import assert from "node:assert/strict";
import { test } from "node:test";

import { setGlobals } from "./browser_globals.mjs";

setGlobals();
const urlState = await import("../../../studio/ui/shared/url_state.js");

const ABSENT = "0123abcd";
const LIST = { checkpoints: [{ name: ABSENT, sha256: "f".repeat(64) }, { name: "best", sha256: "4567cdef".repeat(8) }] };

test("a link by name says the hash from now on", () => {
  urlState.set({ ck: "best" });
  urlState.nameToHash(LIST);
  assert.equal(urlState.get("ck"), "4567cdef");
});

test("a link by the name that an added checkpoint was given finds it, unless another has that very name", () => {
  const added = { name: "mine · added", sha256: "a".repeat(64), added: true };
  urlState.set({ ck: "mine" });
  urlState.nameToHash({ checkpoints: [...LIST.checkpoints, added] });
  assert.equal(urlState.get("ck"), "aaaaaaaa");
  urlState.set({ ck: "best" });
  urlState.nameToHash({ checkpoints: [...LIST.checkpoints, { ...added, name: "best · added" }] });
  assert.equal(urlState.get("ck"), "4567cdef");
});

test("a checkpoint that is called like the hash of a link does not take it over", () => {
  for (const named of [ABSENT, ABSENT.toUpperCase(), ABSENT.repeat(8)]) {
    urlState.set({ ck: named });
    urlState.nameToHash({ checkpoints: [...LIST.checkpoints, { name: named, sha256: "e".repeat(64) }] });
    assert.equal(urlState.get("ck"), named);
  }
});
