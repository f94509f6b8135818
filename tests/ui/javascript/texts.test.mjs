import assert from "node:assert/strict";
import { test } from "node:test";

import { setGlobals } from "./browser_globals.mjs";

const ADDRESSES = {
  texts: { en: "en", ja: "ja" },
  more_texts: { part: { en: "part-en", ja: "part-ja" } },
};
setGlobals({ search: "?lang=en", modules: ADDRESSES });

/** @type {Map<string, () => void>} */
const answers = new Map();
globalThis.fetch = async (address) => {
  const name = new URL(address).pathname.slice(1);
  if (name === "ja") await new Promise((resolve) => answers.set(name, resolve));
  const own = {
    name_added: name.endsWith("ja") ? "{name} · 追加" : "{name} · added",
    said: "{name}, {file}",
  };
  return {
    ok: true,
    json: async () => ({
      texts: {
        ...own,
        [name.startsWith("part") ? "of_part" : "of_page"]: name,
      },
    }),
  };
};
const { addTexts, nameText, setLanguage, textOf, textsReady } =
  await import("../../../studio/ui/shared/texts.js");

test("a part that is added while the language changes keeps its texts", async () => {
  await textsReady;
  const changed = setLanguage("ja");
  await addTexts("part");
  assert.equal(textOf("of_part"), "part-en");
  answers.get("ja")?.();
  await changed;
  assert.deepEqual([textOf("of_page"), textOf("of_part")], ["ja", "part-ja"]);
});

test("that a checkpoint was added is said in the reader's language wherever it is named", () => {
  assert.equal(nameText("mine · added"), "mine · 追加");
  assert.equal(nameText("mine · added · raw"), "mine · 追加 · raw");
  assert.equal(nameText("mine"), "mine");
  assert.equal(nameText("added"), "added");
  assert.equal(
    textOf("said", { name: "mine · added", file: "a · added" }),
    "mine · 追加, a · added",
  );
});
