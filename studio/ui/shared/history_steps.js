// How the browser's history is brought to what is on the screen: a tab is an entry, and each open dialog one more on it.

/** @typedef {{ tab: string, layers: string[] }} View a tab, and the names of the dialogs that are open, the upper last */

/**
 * @param {unknown} value
 * @returns {value is View}
 */
export function isView(value) {
  const { tab, layers } = /** @type {Partial<View>} */ (value ?? {});
  return typeof tab === "string" && Array.isArray(layers) && layers.every((one) => typeof one === "string");
}

/**
 * The steps from the entry that the browser is at to what is on the screen: entries to go back over, which are those of
 * dialogs that have closed, and then entries to add. After going back the rest is to be asked for again.
 * @param {View} entry
 * @param {View} view
 * @returns {{ back: number, added: View[] }}
 */
export function stepsTo(entry, view) {
  const isSameTab = entry.tab === view.tab;
  const differing = isSameTab ? entry.layers.findIndex((name, place) => name !== view.layers[place]) : 0;
  const kept = differing < 0 ? entry.layers.length : differing;
  const back = entry.layers.length - kept;
  if (back > 0) return { back, added: [] };
  const layers = view.layers.slice(kept).map((_, place) => view.layers.slice(0, kept + place + 1));
  const tabs = isSameTab ? [] : [[]];
  return { back, added: [...tabs, ...layers].map((one) => ({ tab: view.tab, layers: one })) };
}
