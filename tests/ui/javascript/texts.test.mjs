import assert from "node:assert/strict";
import { test } from "node:test";

import { setGlobals } from "./browser_globals.mjs";

const ADDRESSES = { texts: { en: "en", ja: "ja" }, more_texts: { part: { en: "part-en", ja: "part-ja" } } };
setGlobals({ search: "?lang=en", modules: ADDRESSES });

/** @type {Map<string, () => void>} */
const answers = new Map();
globalThis.fetch = async (address) => {
  const name = new URL(address).pathname.slice(1);
  if (name === "ja") await new Promise((resolve) => answers.set(name, resolve));
  return { ok: true, json: async () => ({ texts: { [name.startsWith("part") ? "of_part" : "of_page"]: name } }) };
};
const { addTexts, setLanguage, textOf, textsReady } = await import("../../../studio/ui/shared/texts.js");

test("a part that is added while the language changes keeps its texts", async () => {
  await textsReady;
  const changed = setLanguage("ja");
  await addTexts("part");
  assert.equal(textOf("of_part"), "part-en");
  answers.get("ja")?.();
  await changed;
  assert.deepEqual([textOf("of_page"), textOf("of_part")], ["ja", "part-ja"]);
});
