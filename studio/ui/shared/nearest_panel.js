// "Is it a copy?": the nearest training pictures under an enlarged picture.

import { callServer } from "./api.js";
import { jpegUrl, make } from "./dom.js";
import { page } from "./page_state.js";
import { errorText, namedText, textOf } from "./texts.js";

/** @import { Named } from "./types.d.ts" */
/** @typedef {{ jpeg: string, distance: number, mirrored: boolean, copied: boolean }} Neighbour */
/** @typedef {{ neighbours: Neighbour[], threshold: number, count: number, network: Named }} Found */

/**
 * @typedef {object} NearestOptions
 * @property {() => Promise<any>} ask gives the program's answer for the picture that is enlarged, or `cells` of several
 * @property {() => Promise<any>} askStop tells the program to look for no more
 * @property {() => string[]} titles of the pictures, where they are several
 */

const WAIT_MILLISECONDS = 2000;

/** @param {Found} found */
const valuesOf = ({ threshold, count, network }) => ({
  threshold: threshold.toFixed(3),
  count: count.toLocaleString(page.language),
  eye: namedText(network),
});

/** @param {string} textContent */
const line = (textContent, className = "hint") => make("p", { className, textContent });

/**
 * @param {Neighbour} one
 * @param {number} index
 */
function neighbourNode(one, index) {
  const alt = textOf("copy_alt", { number: index + 1 });
  const picture = make("img", { src: jpegUrl(one.jpeg), width: 128, height: 128, alt });
  const words = [textOf("copy_distance", { distance: one.distance.toFixed(3) })];
  if (one.mirrored) words.push(textOf("copy_mirrored"));
  const figure = make("figure", {}, picture, make("figcaption", { textContent: words.join(" · ") }));
  figure.classList.toggle("copied", one.copied);
  return figure;
}

/**
 * What was found for one picture; of several, each is called by its name.
 * @param {Found} one
 * @param {string} name
 */
function groupNode(one, name) {
  const pictures = make("div", { className: "neighbours" }, ...one.neighbours.map(neighbourNode));
  const copied = one.neighbours.some((near) => near.copied);
  const said = textOf(copied ? "copy_flag" : "copy_no_flag", valuesOf(one));
  const flag = line(said, copied ? "status failed flag" : "hint flag");
  const node = make("div", { className: "nearest" }, flag, pictures);
  if (name === "") return node;
  node.setAttribute("role", "group");
  node.setAttribute("aria-label", name);
  node.prepend(make("strong", { textContent: name }));
  return node;
}

/**
 * @param {string} className
 * @param {() => void} act
 */
function buttonNode(className, act) {
  const button = make("button", { type: "button", className });
  button.addEventListener("click", act);
  return button;
}

export class NearestPanel {
  #newest = 0;
  /** @type {any} */
  #answer = null;
  /** @type {Promise<any> | null} until it is answered, so that a question cannot come after the request to stop */
  #asking = null;

  /**
   * @param {HTMLDetailsElement} details
   * @param {NearestOptions} options
   */
  constructor(details, options) {
    this.details = details;
    this.options = options;
    this.found = /** @type {HTMLElement} */ (details.querySelector(".copies-found"));
    // The same elements as long as it takes, so that the button keeps the focus.
    this.words = line("");
    this.bar = make("progress");
    this.stop = buttonNode("stop-copies", () => this.#halt());
    this.again = buttonNode("again-copies", () => this.#goOn());
    this.waiting = make("div", { className: "copies-waiting" }, this.words, this.bar, this.stop);
    details.addEventListener("toggle", () => this.#begin());
    document.addEventListener("ganrace:language", () => this.#show());
  }

  /**
   * To be called whenever another picture is enlarged. Whoever has stopped it must not begin it again by that.
   */
  changed() {
    if (!this.#answer?.stopped) this.#begin();
  }

  #begin() {
    this.#answer = null;
    this.#show();
    void this.#look();
  }

  get #isSeen() {
    return this.details.open && this.details.closest("dialog")?.open !== false;
  }

  async #look() {
    const mine = ++this.#newest;
    if (!this.#isSeen) return;
    this.#asking = callServer(this.options.ask, undefined);
    const next = await this.#asking;
    if (mine !== this.#newest || next.superseded) return;
    this.#take(next);
    const isFound = next.neighbours !== undefined || next.cells !== undefined;
    if (!next.error && !isFound) setTimeout(() => mine === this.#newest && this.#look(), WAIT_MILLISECONDS);
  }

  async #halt() {
    const mine = ++this.#newest;
    await this.#asking;
    const next = await callServer(this.options.askStop, undefined);
    if (mine !== this.#newest) return;
    this.#take(next);
    this.again.focus();
  }

  async #goOn() {
    this.#begin();
    await this.#asking;
    this.stop.focus();
  }

  /** @param {any} answer */
  #take(answer) {
    this.#answer = answer;
    this.#show();
  }

  #show() {
    const answer = this.#answer;
    if (answer?.total !== undefined) return this.#showWaiting(answer);
    if (answer?.stopped) return this.#showStopped(answer.goes_on);
    this.found.replaceChildren();
    if (answer === null) return;
    if (answer.error) return this.found.append(line(errorText(answer.error), "status failed"));
    this.#showFound(answer.cells ?? [answer]);
  }

  /** @param {{ done: number, total: number, reading: boolean }} progress */
  #showWaiting({ done, total, reading }) {
    const key = reading ? "copy_reading" : "copy_building";
    this.words.textContent = textOf(total ? key : "copy_opening", { done, total });
    this.bar.setAttribute("aria-label", this.words.textContent);
    if (total) [this.bar.max, this.bar.value] = [total, done];
    else this.bar.removeAttribute("value");
    this.stop.textContent = textOf("film_stop");
    if (!this.waiting.isConnected) this.found.replaceChildren(this.waiting);
  }

  /** @param {boolean} goesOn for others */
  #showStopped(goesOn) {
    this.again.textContent = textOf("seeds_go_on");
    this.found.replaceChildren(line(textOf(goesOn ? "copy_stopped_others" : "film_stopped")), this.again);
  }

  /** @param {Found[]} cells */
  #showFound(cells) {
    const names = this.options.titles();
    const groups = cells.map((one, place) => groupNode(one, names[place] ?? ""));
    const care = line(textOf("copy_care", valuesOf(cells[0])));
    this.found.append(make("div", { className: "nearest-all" }, ...groups), care);
  }
}
