// The page's typeface. It comes after the first tile, which has the link to itself until then; a browser that has it already
// shows it from the beginning.

import * as storage from "./storage.js";

const FAMILY = "Atkinson Hyperlegible Next"; // as in page.py
const WEIGHTS = "200 800";
const KEPT = "typeface";
const LATEST_MILLISECONDS = 4000; // for a page without a tile

/** @type {{ typeface?: string }} */
const { typeface: ADDRESS } = JSON.parse(document.getElementById("race-modules")?.textContent ?? "{}");
let isAsked = false;

async function load() {
  if (isAsked || ADDRESS === undefined) return;
  isAsked = true;
  const face = new FontFace(FAMILY, `url("${new URL(ADDRESS, document.baseURI)}")`, { weight: WEIGHTS });
  try {
    document.fonts.add(await face.load());
    storage.write(KEPT, ADDRESS);
  } catch {
    isAsked = false; // the fonts of the system stay
  }
}

/** @param {number} milliseconds after the first tile */
export function loadTypeface(milliseconds) {
  if (storage.read(KEPT) === ADDRESS) return void load();
  document.addEventListener("ganrace:shown", () => setTimeout(load, milliseconds), { once: true });
  setTimeout(load, LATEST_MILLISECONDS);
}
