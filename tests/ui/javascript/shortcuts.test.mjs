import assert from "node:assert/strict";
import { test } from "node:test";

import { KEYS, listKeys, meaningsOf, signOf } from "../../../studio/ui/shared/shortcut_table.js";

const press = (key, shiftKey = false) => ({ key, shiftKey });

test("a key means what its tab says before what it means everywhere", () => {
  assert.deepEqual(meaningsOf("explore", press("C")), [
    { scope: "explore", code: "compare_key_previous" },
    { scope: "", code: "tab_compare" },
  ]);
  assert.deepEqual(meaningsOf("seeds", press("c")), [{ scope: "", code: "tab_compare" }]);
  assert.deepEqual(meaningsOf("about", press("#")), []);
});

test("with Shift a letter is looked for with it first", () => {
  assert.deepEqual(meaningsOf("explore", press("?", true)), [{ scope: "", code: "shortcuts" }]);
});

test("the help begins with the keys of the open tab and names every scope once", () => {
  const titles = listKeys("compare").map(({ title }) => title);
  assert.equal(titles[0], "tab_compare");
  assert.equal(titles.at(-1), "everywhere");
  assert.equal(new Set(titles).size, Object.keys(KEYS).length);
});

test("keys are written as people know them", () => {
  assert.deepEqual(["ArrowLeft", " ", "r", "Escape"].map((key) => signOf(key, "Space")), ["←", "Space", "R", "Esc"]);
});
