import assert from "node:assert/strict";
import { test } from "node:test";

import { isView, stepsTo } from "../../../studio/ui/shared/history_steps.js";

const at = (tab, ...layers) => ({ tab, layers });

test("what is on the screen already adds no entry", () => {
  assert.deepEqual(stepsTo(at("seeds"), at("seeds")), { back: 0, added: [] });
  assert.deepEqual(stepsTo(at("seeds", "panel"), at("seeds", "panel")), { back: 0, added: [] });
});

test("a tab and each dialog on it are entries of their own", () => {
  assert.deepEqual(stepsTo(at("explore"), at("seeds")).added, [at("seeds")]);
  assert.deepEqual(stepsTo(at("explore"), at("explore", "panel", "link")).added, [
    at("explore", "panel"),
    at("explore", "panel", "link"),
  ]);
  assert.deepEqual(stepsTo(at("explore", "panel"), at("explore", "panel", "link")).added, [
    at("explore", "panel", "link"),
  ]);
});

test("entries of closed dialogs are gone back over, all at once", () => {
  assert.deepEqual(stepsTo(at("explore", "panel", "link"), at("explore")), { back: 2, added: [] });
  assert.deepEqual(stepsTo(at("explore", "panel", "link"), at("explore", "panel")), { back: 1, added: [] });
  assert.deepEqual(stepsTo(at("explore", "panel"), at("explore", "link")), { back: 1, added: [] });
});

test("a dialog that leads to another tab leaves no entry behind", () => {
  const first = stepsTo(at("seeds", "panel"), at("explore"));
  assert.deepEqual(first, { back: 1, added: [] });
  assert.deepEqual(stepsTo(at("seeds"), at("explore")), { back: 0, added: [at("explore")] });
});

test("what others have put into an entry is no view", () => {
  for (const one of [null, undefined, 3, {}, { tab: "seeds" }, { tab: 1, layers: [] }, { tab: "seeds", layers: [2] }]) {
    assert.equal(isView(one), false);
  }
  assert.equal(isView(at("seeds", "panel")), true);
});
