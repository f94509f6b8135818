// What the scripts of the tab Race share: its element, the program's functions, and where the race stands.

import { callServer } from "../shared/api.js";
import { make } from "../shared/dom.js";
import { componentOf, finderIn } from "../shared/mount.js";
import { textOf } from "../shared/texts.js";

/** @import { RaceServer, StatusReply } from "../protocol.d.ts" */
/** @import { Answer, Line } from "./types.d.ts" */

const component = componentOf("race/tab.js");
export const { element } = component;
export const $ = finderIn(element);

/** @type {StatusReply | null} what the program said last */
let status = null;
/** @type {((now: StatusReply, before: StatusReply | null) => void)[]} */
const followers = [];

export const currentStatus = () => status;

/**
 * Be told of every change of where the race stands.
 * @param {(now: StatusReply, before: StatusReply | null) => void} follow
 */
export const onStatus = (follow) => void followers.push(follow);

/**
 * Take what the program says; whether that is news.
 * @param {StatusReply} now
 */
export function setStatus(now) {
  const before = status;
  if (JSON.stringify(before) === JSON.stringify(now)) return false;
  status = now;
  for (const follow of followers) follow(now, before);
  return true;
}

/**
 * Ask the program; whatever goes wrong is an answer with `error`.
 * @template {keyof RaceServer} K
 * @param {K} name
 * @param {Parameters<RaceServer[K]>[0]} request
 * @returns {Promise<Answer<K>>}
 */
export async function ask(name, request) {
  const answer = await callServer(component.server[name], request);
  return answer.superseded ? { error: { code: "error_connection", values: {} } } : answer;
}

/**
 * A line of an element that says what goes on; `show(null)` hides it. It is put into the language of the page again by
 * `again()`.
 * @param {HTMLElement} node
 */
export function statusLine(node) {
  /** @type {Line | null} */
  let line = null;
  function again() {
    node.hidden = line === null;
    node.textContent = line === null ? "" : textOf(line.key, line.values);
    node.classList.toggle("failed", line?.failed ?? false);
  }
  return {
    again,
    /** @param {Line | null} next */
    show(next) {
      line = next;
      again();
    },
    /** @param {{ code: string, values: Record<string, any> }} error */
    fail(error) {
      this.show({ key: error.code, values: error.values, failed: true });
    },
  };
}

/**
 * A button with its words and what a press does.
 * @param {string} words
 * @param {() => unknown} press
 */
export function button(words, press, className = "") {
  const node = make("button", { type: "button", className }, words);
  node.addEventListener("click", press);
  return node;
}
