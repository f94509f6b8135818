import assert from "node:assert/strict";
import { test } from "node:test";

import { isOfOneMachine, linkFrom, linkToTile } from "../../../studio/ui/shared/link_rules.js";

const NAMES = ["localhost", ".localhost", ".colab.dev"];

test("a link to Export opens the tile in Explore, in the reader's language", () => {
  const link = "https://a.org/x?ck=0123abcd&seed=7&psi=0.5&tab=export&lang=ja";
  assert.equal(linkFrom(link, "best"), "https://a.org/x?ck=0123abcd&seed=7&psi=0.5&name=best");
});

test("a link says of other tabs nothing, and nothing of a place within the page", () => {
  const rest = "cmp=0123abcd%2C4567cdef&start=24&morph=3%2C4%2C0.5%2Cslerp&cell=5";
  assert.equal(linkFrom(`https://a.org/?seed=1&tab=morph&${rest}#code=x`), "https://a.org/?seed=1&tab=morph&morph=3%2C4%2C0.5%2Cslerp");
  assert.equal(linkFrom(`https://a.org/?seed=1&tab=compare&${rest}`), "https://a.org/?seed=1&tab=compare&cmp=0123abcd%2C4567cdef&cell=5");
  assert.equal(linkFrom(`https://a.org/?seed=1&${rest}`), "https://a.org/?seed=1&cell=5");
});

test("a link to a tile says that tile, whatever the page says", () => {
  const tile = { sha256: "0123abcd".repeat(8), seed: 7, psi: 0.5, name: "best" };
  const link = "https://a.org/x?ck=4567cdef&name=other&seed=8&tab=seeds&start=24&cell=5&lang=ja#place";
  assert.equal(linkToTile(link, tile), "https://a.org/x?ck=0123abcd&seed=7&psi=0.5&name=best");
  assert.equal(linkToTile(link.replace("#", "&psi=0.5#"), { ...tile, psi: 1 }), "https://a.org/x?ck=0123abcd&seed=7&name=best");
});

test("a name is said beside the hash only", () => {
  assert.equal(linkFrom("https://a.org/?seed=1", "best"), "https://a.org/?seed=1");
});

test("a long name is cut to 40 letters, none of them through", () => {
  const name = new URL(linkFrom("https://a.org/?ck=0123abcd", "花".repeat(39) + "🌸🌼")).searchParams.get("name");
  assert.equal(name, "花".repeat(39) + "🌸");
});

test("hosts that one machine or one person reaches are told from others", () => {
  for (const host of ["localhost", "LOCALHOST.", "127.0.0.1", "127.9.8.7", "[::1]", "0.0.0.0", "a.localhost", "x-7860.colab.dev"]) {
    assert.equal(isOfOneMachine(host, NAMES), true, host);
  }
  for (const host of ["192.168.0.3", "studio.local", "1.127.0.1", "a.gradio.live", "mylocalhost", "colab.dev.org", "[fe80::1]"]) {
    assert.equal(isOfOneMachine(host, NAMES), false, host);
  }
});
