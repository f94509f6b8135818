// The entrance of the page's scripts: Gradio runs one line for each component, which calls `mount`.

import "./vote_code.js";
import { textsReady } from "./texts.js";
import { loadTypeface } from "./typeface.js";

/** @import { MountedComponent } from "./types.d.ts" */

const MOST_TRIES = 20;
const RETRY_MILLISECONDS = 2000;
const FETCH_AHEAD_MILLISECONDS = 300; // after the first tile, which has the link to itself until then

/** @type {Map<string, MountedComponent>} */
const components = new Map();

/**
 * Load the script of a component and let it take its element, which the page's head hides before: its buttons would do
 * nothing.
 * @param {string} path of the script within `studio/ui`: `explore/tab.js`
 * @param {MountedComponent} component
 */
export async function mount(path, component) {
  components.set(path, component);
  await load(path);
  component.element.closest(".race-part[id^=race-]")?.setAttribute("data-mounted", "");
}

/**
 * Whether a script has not come, and not failed by itself: browsers say so with a TypeError that names its address.
 * @param {unknown} error
 */
const isLost = (error) => error instanceof TypeError && /module/i.test(error.message);

// A connection that is lost for a moment must not cost the tab.
/** @param {string} path */
async function load(path, tries = MOST_TRIES) {
  try {
    await textsReady;
    await import(`race/${path}`);
  } catch (error) {
    if (tries === 1 || !isLost(error)) throw error;
    await new Promise((resolve) => setTimeout(resolve, RETRY_MILLISECONDS));
    await load(path, tries - 1);
  }
}

/**
 * What Gradio gave to the component whose script this is.
 * @param {string} path
 */
export function componentOf(path) {
  const component = components.get(path);
  if (component === undefined) throw new Error(`${path} is not mounted.`);
  return component;
}

/**
 * A function that finds an element of a component by its selector. Which kind of element it is, the HTML says.
 * @param {ParentNode} element
 * @returns {(selector: string) => any}
 */
export const finderIn = (element) => (selector) => element.querySelector(selector);

/**
 * The same for all elements of a selector.
 * @param {ParentNode} element
 * @returns {(selector: string) => any[]}
 */
export const findersIn = (element) => (selector) => [...element.querySelectorAll(selector)];

// The scripts of the tabs that nobody has opened yet are fetched once the first tile is there, but not run; those of the
// tab Race, which few pages have, when it is opened.
function fetchOthers() {
  const { addresses } = JSON.parse(document.getElementById("race-modules")?.textContent ?? "{}");
  const others = Object.entries(addresses).filter(([name]) => !name.startsWith("race/race/"));
  for (const [, href] of others) {
    document.head.append(Object.assign(document.createElement("link"), { rel: "modulepreload", href }));
  }
}
document.addEventListener("ganrace:shown", () => setTimeout(fetchOthers, FETCH_AHEAD_MILLISECONDS), { once: true });
loadTypeface(FETCH_AHEAD_MILLISECONDS);
