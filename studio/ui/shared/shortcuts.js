// The keyboard: what its keys do on the open tab, and when they work.

import { page } from "./page_state.js";
import { KEYS, listKeys, meaningsOf, signOf } from "./shortcut_table.js";
import { textOf } from "./texts.js";

/** @typedef {(key: any) => unknown} Press is given the key as shortcut_table.js names it */
/** @typedef {{ press: Press, release?: Press }} Action */

const OWN_KEYS = "input, textarea, select, button, a, summary, [role=button], [role=tab], [contenteditable]";

/** @type {Map<string, Action>} by `scope code` */
const actions = new Map();
/** @type {Map<string, string | null>} what goes on in a tab and has keys of its own meanwhile */
const inside = new Map();
/** @type {{ key: string, place: string, release: Press } | null} */
let held = null;

/**
 * Say what the keys of a scope do: press, or [press, release], by the code of the text that says so.
 * @param {string} scope
 * @param {Record<string, Press | [Press, Press]>} codes
 */
export function register(scope, codes) {
  for (const [code, action] of Object.entries(codes)) {
    if (!Object.hasOwn(KEYS[scope] ?? {}, code)) {
      throw new Error(`shortcut_table.js names no key of "${scope}" for "${code}".`);
    }
    const [press, release] = [action].flat();
    actions.set(`${scope} ${code}`, { press, release });
  }
}

/**
 * From now on a tab has the keys of what goes on in it, or, with null, its own again.
 * @param {string} tab
 * @param {string | null} scope
 */
export const enter = (tab, scope) => void inside.set(tab, scope);

/** @param {KeyboardEvent} event */
function actionOf(event) {
  const meanings = meaningsOf(inside.get(page.tab) ?? page.tab, event);
  const found = meanings.find(({ scope, code }) => actions.has(`${scope} ${code}`));
  return found && { key: found.key, .../** @type {Action} */ (actions.get(`${found.scope} ${found.code}`)) };
}

/**
 * Keys work on the page, not while somebody types, presses a button, reads a dialog or looks at another tab. What carries
 * `data-keys` (a picture that can be pressed) keeps only Space and Enter for itself.
 * @param {KeyboardEvent} event
 */
function mayAct(event) {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return false;
  if (document.querySelector("dialog[open]")) return false;
  const owner = /** @type {Element} */ (event.target).closest?.(OWN_KEYS);
  if (!owner?.checkVisibility()) return true; // or the button of a dialog that has just closed
  return owner.hasAttribute("data-keys") && event.key !== " " && event.key !== "Enter";
}

document.addEventListener("keydown", (event) => {
  const action = mayAct(event) ? actionOf(event) : undefined;
  if (action === undefined) return;
  event.preventDefault();
  if (action.release && event.repeat) return;
  if (action.release) held = { key: action.key, place: placeOf(event), release: action.release };
  action.press(action.key);
});

// A key that is let go may write something else than it did, where Shift was let go before.
const placeOf = (/** @type {KeyboardEvent} */ event) => event.code || event.key.toLowerCase();

/** @param {Event} event */
function letGo(event) {
  if (held === null) return;
  if (event instanceof KeyboardEvent && placeOf(event) !== held.place) return;
  const { key, release } = held;
  held = null;
  release(key);
}
document.addEventListener("keyup", letGo);
window.addEventListener("blur", letGo);

// What is used with the mouse keeps the focus, and the keys with it: give them back to the page. Text fields keep
// theirs, and so does everything that is used with a key or a finger.
const CLICKED = ".race button:not([data-keys]), .race summary, #race-tabs [role=tab]";
const CHANGED = ".race :is(select, [type=checkbox], [type=radio], [type=range], [type=file])";
let byMouse = false; // what was used last

/** @param {Element | null | undefined} node */
function giveBack(node) {
  if (node instanceof HTMLElement && !node.closest("dialog")) node.blur();
}

document.addEventListener("pointerdown", (event) => (byMouse = event.pointerType === "mouse"), { capture: true });
document.addEventListener("keydown", () => (byMouse = false), { capture: true });
// before a dialog opens and notes where the focus was
const clicked = (/** @type {MouseEvent} */ event) => {
  const { pointerType, target } = /** @type {PointerEvent} */ (event);
  if (pointerType === "mouse") giveBack(/** @type {Element} */ (target).closest?.(CLICKED));
};
document.addEventListener("click", clicked, { capture: true });
document.addEventListener("change", ({ target }) => {
  if (byMouse && target instanceof Element && target.matches(CHANGED)) giveBack(target);
});

/** All keys, the open tab's first: {title: key of its text, keys: [{code, names}]}. */
export function list() {
  const space = textOf("space_key");
  return listKeys(page.tab).map(({ title, keys }) => ({
    title,
    keys: keys.map((one) => ({ code: one.code, names: one.keys.map((key) => signOf(key, space)) })),
  }));
}
