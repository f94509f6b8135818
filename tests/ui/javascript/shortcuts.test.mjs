import assert from "node:assert/strict";
import { test } from "node:test";

import { KEYS, keyAmong, listKeys, meaningsOf, signOf } from "../../../studio/ui/shared/shortcut_table.js";

const press = (key, shiftKey = false, code = "") => ({ key, shiftKey, code });
const codesOf = (scope, pressed) => meaningsOf(scope, pressed).map(({ code }) => code);

test("a key means what its tab says before what it means everywhere", () => {
  assert.deepEqual(meaningsOf("explore", press("C")), [
    { scope: "explore", code: "compare_key_previous", key: "c" },
    { scope: "", code: "tab_compare", key: "c" },
  ]);
  assert.deepEqual(meaningsOf("seeds", press("c")), [{ scope: "", code: "tab_compare", key: "c" }]);
  assert.deepEqual(meaningsOf("about", press("#")), []);
});

test("with Shift a letter is looked for with it first", () => {
  assert.deepEqual(meaningsOf("explore", press("?", true)), [{ scope: "", code: "shortcuts", key: "?" }]);
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

test("letters that are not Latin count by their places: Cyrillic, Korean, kana, Greek, Hebrew, and what an input method hides", () => {
  for (const [key, code] of [["к", "KeyR"], ["К", "KeyR"], ["ㄱ", "KeyR"], ["す", "KeyR"], ["ス", "KeyR"], ["ρ", "KeyR"], ["ר", "KeyR"], ["Process", "KeyR"], ["Unidentified", "KeyR"], ["ｒ", "KeyX"]]) {
    assert.deepEqual(codesOf("explore", press(key, false, code)), ["next"], key);
  }
  assert.deepEqual(codesOf("seeds", press("я", true, "KeyZ")), ["seeds_key_back"]);
});

test("a Latin letter counts by itself, wherever it stands", () => {
  assert.deepEqual(codesOf("explore", press("z", false, "KeyW")), ["key_back"]); // AZERTY
  assert.deepEqual(codesOf("explore", press("r", false, "KeyO")), ["next"]); // Dvorak
  assert.deepEqual(codesOf("explore", press("a", false, "KeyQ")), []);
});

test("the digits of AZERTY need no Shift, and its signs that mean something keep their meaning", () => {
  assert.deepEqual(meaningsOf("seeds", press("é", false, "Digit2")), [{ scope: "seeds", code: "seeds_key_columns", key: "2" }]);
  assert.deepEqual(meaningsOf("knockout", press("à", false, "Digit0")), [{ scope: "knockout", code: "knockout_key_pick", key: "0" }]);
  assert.deepEqual(meaningsOf("compare", press("&", false, "Digit1")), [{ scope: "compare", code: "compare_key_focus", key: "1" }]);
  assert.deepEqual(codesOf("compare", press("-", false, "Digit6")), ["compare_zoom_out"]);
  assert.deepEqual(codesOf("compare", press("1", true, "Digit1")), ["compare_key_focus"]);
  assert.deepEqual(codesOf("compare", press("!", true, "Digit1")), []); // an American keyboard
});

test("keys with names are what they are called", () => {
  assert.deepEqual(codesOf("explore", press("Enter", false, "KeyR")), []);
  assert.deepEqual(codesOf("compare", press("F1", false, "Digit1")), []);
  assert.deepEqual(codesOf("explore", press("\u3000", false, "Space")), ["next"]);
});

test("the keys of a dialog count by what they write, then by their places", () => {
  const keys = ["ArrowLeft", "Enter", "b", "s"];
  for (const [key, code] of [["b", "KeyB"], ["B", "KeyB"], ["и", "KeyB"], ["ㅠ", "KeyB"], ["こ", "KeyB"], ["Process", "KeyB"], ["b", "KeyN"]]) {
    assert.equal(keyAmong(keys, press(key, false, code)), "b", key);
  }
  assert.equal(keyAmong(keys, press("n", false, "KeyB")), undefined); // a Latin letter counts by itself
  assert.equal(keyAmong(keys, press("ArrowLeft", false, "ArrowLeft")), "ArrowLeft");
  assert.equal(keyAmong(keys, press("F5", false, "KeyS")), undefined);
});
