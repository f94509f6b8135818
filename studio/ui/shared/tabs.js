// Which tab is open, and how to open one; `race:tab` tells of a change. A tab's script first runs when it is first shown.

import { openTabsWith, tabChanged } from "./history.js";
import { page, setSeed } from "./page_state.js";
import { textOf } from "./texts.js";
import * as urlState from "./url_state.js";

/** @import { FileSource } from "./file_input.js" */
/** @import { TileRequest } from "./types.d.ts" */

/**
 * A tab is on the screen.
 * @param {string} name
 */
function tabShown(name) {
  if (page.tab === name) return;
  page.tab = name;
  tabChanged();
  urlState.set({ tab: name === "explore" ? null : name });
  document.dispatchEvent(new CustomEvent("race:tab"));
}

/**
 * Take the tab that Gradio shows. It tells of a tab a while after it has shown it, and by then another may be on the
 * screen: the selected button says which. Where the tab comes from the menu it has no button for a moment.
 */
export function followTab() {
  const selected = document.querySelector("#race-tabs [role=tab][aria-selected=true]");
  const { tabId, tab } = {
    ...document.documentElement.dataset,
    .../** @type {HTMLElement | null} */ (selected)?.dataset,
  };
  tabShown(tabId ?? tab ?? page.tab);
}

// Gradio tells of a chosen tab a while after it is on the screen, and a key that is pressed meanwhile is the new tab's.
document.addEventListener("click", ({ target }) => {
  const chosen = /** @type {HTMLElement | null} */ (
    /** @type {Element} */ (target).closest?.("#race-tabs [role=tab][data-tab-id]")
  );
  if (chosen) queueMicrotask(() => tabShown(chosen.dataset.tabId ?? ""));
});

/** @param {string} name */
export function openTab(name) {
  const button = /** @type {HTMLElement | null} */ (
    document.querySelector(`#race-tabs [role=tab][data-tab-id="${name}"]`)
  );
  if (button) button.click();
  else openHiddenTab(name);
}
openTabsWith(openTab);

// Where not all tabs fit, Gradio has the others in a menu, by their labels alone; the header knows another way.
/** @param {string} name */
function openHiddenTab(name) {
  const items = [...document.querySelectorAll("#race-tabs .overflow-dropdown button")];
  const item = items.find((one) => one.textContent?.trim() === textOf(`tab_${name}`));
  if (item instanceof HTMLElement) item.click();
  else document.dispatchEvent(new CustomEvent("race:open-tab", { detail: name }));
}

/** Explore and Export show one tile, and Explore names it in the link once it is drawn; other tabs follow the seed. */
export const showsTile = () => ["explore", "export"].includes(page.tab);

// An address on a projector tells nobody's tiles; the tabs say theirs again when they are shown.
const TILES = ["ck", "name", "seed", "psi", "cmp", "cmpseeds", "morph", "start", "count"];

for (const name of ["race:seed", "race:tab"]) {
  document.addEventListener(name, () => {
    const { sha256, seed, psi } = page.seed;
    urlState.withhold(page.tab === "race" ? TILES : []);
    if (page.tab !== "race" && !showsTile() && sha256 !== null) urlState.nameTile({ sha256, seed, psi });
  });
}

/**
 * What a click on any thumbnail does: show this tile in Explore.
 * @param {TileRequest} tile
 */
export function openSeed({ sha256, seed, psi = 1 }) {
  setSeed({ sha256, seed, psi });
  openTab("explore");
}

/**
 * Open Compare on these checkpoints; with one, Compare finds another to go with it. Where it is open, `race:compare` tells
 * it so.
 * @param {string[]} hashes
 */
export function openCompare(hashes) {
  page.compared = hashes;
  if (page.tab === "compare") document.dispatchEvent(new CustomEvent("race:compare"));
  else openTab("compare");
}

/** Hand the tile in that is shown: Export leads through it. */
export function openHandIn() {
  page.isHandingIn = true;
  openTab("export");
}

/**
 * Check files in Verify.
 * @param {FileSource[]} sources
 */
export function openVerify(sources) {
  page.toVerify = sources;
  openTab("verify");
}
