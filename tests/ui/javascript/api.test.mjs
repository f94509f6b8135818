import assert from "node:assert/strict";
import { test } from "node:test";

import { setGlobals } from "./browser_globals.mjs";

setGlobals({ search: "?lang=en", modules: { texts: { en: "en" } } });
globalThis.fetch = async () => Response.json({ texts: {} });
const { callServer } = await import("../../../studio/ui/shared/api.js");

/** Call a function of the program, and count how often the page hears that it may be gone. */
async function called(answer) {
  let told = 0;
  const count = () => told++;
  document.addEventListener("race:failed", count);
  const found = await callServer(answer, {});
  document.removeEventListener("race:failed", count);
  return { found, told };
}

test("an answer comes as it is", async () => {
  assert.deepEqual(await called(async () => ({ seed: 3 })), { found: { seed: 3 }, told: 0 });
  const refused = { error: { code: "error_busy", values: {} } };
  assert.deepEqual(await called(async () => refused), { found: refused, told: 0 });
});

test("whatever a lost call gives, it is asked at once whether the program is there", async () => {
  const lost = { found: { error: { code: "error_connection", values: {} } }, told: 1 };
  const thrown = async () => {
    throw new TypeError("Failed to fetch");
  };
  for (const answer of [thrown, async () => undefined, async () => null, async () => ({ detail: "Not Found" })]) {
    assert.deepEqual(await called(answer), lost);
  }
});
