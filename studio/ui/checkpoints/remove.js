// Taking back what this browser has added.

import { callServer } from "../shared/api.js";
import { make } from "../shared/dom.js";
import { refreshList, takeList } from "../shared/listing.js";
import { finderIn } from "../shared/mount.js";
import { page } from "../shared/page_state.js";
import { nameText, onLanguage, textOf } from "../shared/texts.js";
import { visitorSecret } from "../shared/visitor_secret.js";
import { $, buttonOf, dialog, element, rowOf, rowsChanged, search, server, state } from "./context.js";

/** @import { Message } from "../shared/types.d.ts" */
/** @typedef {{ sha256: string | null, name: string, added?: unknown }} Removable */

const removed = $(".removed");
/** @type {Message | null} what is said of the last removal */
let removedLine = null;

/** @param {Message | null} next */
export function sayRemoved(next) {
  removedLine = next;
  removed.hidden = next === null;
  removed.classList.toggle("failed", Boolean(next?.failed));
  removed.textContent = next === null ? "" : textOf(next.key, next.values);
}

/**
 * @param {string} className
 * @param {string} key
 * @param {Removable} one
 * @param {() => void} act
 */
function action(className, key, one, act) {
  const button = make("button", { type: "button", className, textContent: textOf(key) });
  button.setAttribute("aria-label", `${textOf(key)}: ${nameText(one.name)}`);
  button.addEventListener("click", act);
  return button;
}

/**
 * What stands beside the row of a checkpoint: nothing, a button, or the question whether it is meant.
 * @param {Removable} one
 */
export function removal(one) {
  const { sha256, name } = one;
  if (!one.added || sha256 === null || !page.own.has(sha256)) return [];
  if (state.doubted !== sha256) return [action("remove-own", "remove_own", one, () => doubt(sha256))];
  const no = action("remove-no", "remove_no", one, () => doubt(null, sha256));
  const yes = action("remove-yes", "remove_yes", one, () => remove({ sha256, name }));
  return [
    make(
      "div",
      { className: "sure" },
      make("p", { textContent: textOf("remove_sure", one) }),
      make("div", { className: "row" }, yes, no),
    ),
  ];
}

/**
 * @param {string | null} sha256
 * @param {string | null} focused whose button has the focus then
 */
function doubt(sha256, focused = sha256) {
  state.doubted = sha256;
  sayRemoved(null);
  rowsChanged.send();
  const row = rowOf(focused);
  if (row !== null) finderIn(row)(".remove-no, .remove-own")?.focus();
}

let removing = false;
/** @param {{ sha256: string, name: string }} checkpoint */
async function remove({ sha256, name }) {
  if (removing) return; // a second click of the same hand
  removing = true;
  const answer = await callServer(server.remove, { sha256, secret: visitorSecret() });
  [removing, state.doubted] = [false, null];
  if (answer.error) sayRemoved({ key: answer.error.code, values: answer.error.values, failed: true });
  else sayRemoved({ key: "remove_done", values: { name, hash: sha256.slice(0, 8) } });
  if (answer.list) takeList(answer);
  else refreshList(); // it may have gone in the meantime
  rowsChanged.send();
  const next = matchMedia("(pointer: fine)").matches ? search : $(".close"); // the search would bring up a phone's keyboard
  const kept = answer.error ? (buttonOf(sha256) ?? rowOf(sha256)?.querySelector("button")) : null;
  if (dialog.open) (kept ?? next).focus();
}

onLanguage(element, () => sayRemoved(removedLine));
