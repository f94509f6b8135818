// Back goes back: tabs, enlarged pictures, panels and dialogs are entries of the browser's history. What is on the screen
// decides: after each change the history follows it, and where the browser has gone back or on, the screen follows that.

import { isView, stepsTo } from "./history_steps.js";
import { page } from "./page_state.js";
import * as urlState from "./url_state.js";

/** @import { View } from "./history_steps.js" */

const LOST_MILLISECONDS = 1000; // after which the browser has gone nowhere
const FIRST_TAB = "explore";

/** @type {Map<string, () => unknown>} how a dialog is opened again, by its name */
const openers = new Map();
/** @type {HTMLDialogElement[]} the upper last */
let open = [];
/** @type {View} the entry at which the browser is */
let entry = firstEntry();
/** @type {string | null} a tab that is being opened: Gradio may ask the program for it */
let comingTab = entry.tab === page.tab ? null : entry.tab;
/** @type {string[] | null} dialogs that are being opened: an enlarged picture has to come first */
let comingLayers = entry.layers.length > 0 ? entry.layers : null;
/** @type {number | null} the timer of a way back over entries of closed dialogs */
let returning = null;
/** @type {(tab: string) => void} */
let openTab = () => {};

/** @returns {View} */
function firstEntry() {
  const kept = history.state?.race;
  return { tab: knownTab(urlState.get("tab")), layers: isView(kept) ? kept.layers : [] };
}

/** @param {string | null} tab */
function knownTab(tab) {
  const { addresses } = JSON.parse(document.getElementById("race-modules")?.textContent ?? '{ "addresses": {} }');
  return tab !== null && `race/${tab}/tab.js` in addresses ? tab : FIRST_TAB;
}

/** @param {HTMLDialogElement} dialog */
const nameOf = (dialog) => `${dialog.closest(".race-part[id^=race-]")?.id ?? ""} ${dialog.dataset.label ?? ""}`;

/**
 * Say how a dialog is opened again when the browser goes on to its entry.
 * @param {HTMLDialogElement} dialog
 * @param {() => unknown} opener
 */
export const reopenWith = (dialog, opener) => void openers.set(nameOf(dialog), opener);

/**
 * Say how a tab is opened.
 * @param {(tab: string) => void} opener
 */
export const openTabsWith = (opener) => void (openTab = opener);

/** Another tab is on the screen. */
export function tabChanged() {
  comingTab = null;
  follow();
}

/** @returns {View} */
const view = () => ({ tab: comingTab ?? page.tab, layers: comingLayers ?? open.map(nameOf) });

/** Bring the history to what is on the screen. */
function follow() {
  if (returning !== null) return; // and do so once the browser is there
  const { back, added } = stepsTo(entry, view());
  if (back > 0) goBack(back);
  for (const one of added) add(one);
}

/** @param {number} count of entries */
function goBack(count) {
  returning = window.setTimeout(() => (returning = null), LOST_MILLISECONDS);
  history.go(-count);
}

// Which picture is enlarged is said by the entry of its dialog only.
/** @param {View} next */
function add(next) {
  const cell = urlState.get("cell");
  if (next.layers.length > 0) urlState.set({ cell: null });
  entry = next;
  urlState.add({ tab: tabInLink(entry.tab), cell: next.layers.length > 0 ? cell : null }, { race: entry });
}

/** @param {string} tab */
const tabInLink = (tab) => (tab === FIRST_TAB ? null : tab);

window.addEventListener("popstate", ({ state }) => {
  const said = isView(state?.race) ? state.race : viewOfAddress();
  if (said === null) return keepEntry();
  const isOwnStep = returning !== null;
  clearTimeout(returning ?? undefined);
  returning = null;
  entry = said;
  urlState.restore({ tab: tabInLink(entry.tab), ...(entry.layers.length === 0 && { cell: null }) });
  keepEntry();
  if (!isOwnStep) show(entry);
  follow();
});

/**
 * What an entry shows that says nothing itself: null for what is shown already, as where only the place within it differs.
 * @returns {View | null}
 */
function viewOfAddress() {
  const tab = knownTab(urlState.get("tab"));
  return tab === entry.tab ? null : { tab, layers: [] };
}

const keepEntry = () => history.replaceState({ ...history.state, race: entry }, "");

/** @param {View} wanted */
function show({ tab, layers }) {
  for (const dialog of open.toReversed()) if (!layers.includes(nameOf(dialog))) dialog.close();
  open = open.filter((dialog) => dialog.open);
  if (tab !== page.tab) {
    comingTab = tab;
    openTab(tab);
  }
  reopen(layers.slice(open.length));
}

/**
 * Open dialogs again. Where nothing is left to show in them they stay closed, and their entries go.
 * @param {string[]} names of dialogs, the lower ones first
 */
async function reopen(names) {
  const known = names.filter((name) => openers.has(name));
  const coming = known.length > 0 ? [...open.map(nameOf), ...known] : null;
  comingLayers = coming;
  await Promise.allSettled(known.map(async (name) => openers.get(name)?.()));
  await new Promise((resolve) => setTimeout(resolve)); // what has opened is noted by then
  if (coming === null || comingLayers !== coming) return;
  comingLayers = null;
  follow();
}

/** @param {MutationRecord[]} changes of an attribute `open` */
function noteDialogs(changes) {
  const changed = new Set(changes.map(({ target }) => target).filter((node) => node instanceof HTMLDialogElement));
  for (const dialog of changed) {
    if (open.includes(dialog) === dialog.open) continue;
    open = dialog.open ? [...open, dialog] : open.filter((one) => one !== dialog);
    comingLayers = null;
  }
  if (changed.size > 0) follow();
}
new MutationObserver(noteDialogs).observe(document, { subtree: true, attributes: true, attributeFilter: ["open"] });

// After a reload the dialogs are closed, and their entries with them; but a link that names a picture enlarges it again.
keepEntry();
if (entry.layers.length > 0 && urlState.get("cell") === null) {
  comingLayers = null;
  follow();
}
