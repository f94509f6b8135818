// The list of contents: the sections of the page, and under each its tables of scores or groups of tricks.

import { make } from "../shared/dom.js";
import { finderIn, findersIn } from "../shared/mount.js";
import { $, element } from "./context.js";

const list = $(".contents-list");
const PARTS = ".board > h3, .groups > details"; // of a section, each with an entry of its own
const sections = () => [...element.querySelectorAll("section")];
/**
 * @param {Element} section
 * @returns {HTMLElement[]}
 */
const partsOf = (section) => findersIn(section)(PARTS);
/**
 * @param {HTMLElement} part
 * @returns {HTMLElement}
 */
const headingOf = (part) => part.querySelector("summary") ?? part;
/** @param {HTMLElement} part */
const titleOf = (part) => headingOf(part).textContent;
let shown = ""; // the titles: an entry is not exchanged under a finger because the same list has come again

/**
 * @param {HTMLElement} part
 * @param {HTMLElement} heading
 */
function goTo(part, heading) {
  if (part instanceof HTMLDetailsElement) part.open = true;
  if (heading.localName !== "summary") heading.tabIndex = -1;
  heading.focus({ preventScroll: true });
  part.scrollIntoView({ block: "start" });
}

/**
 * The address of the page is a link to a tile, which an anchor would change.
 * @param {string | null} title
 * @param {() => void} go
 */
function entry(title, go) {
  const button = make("button", { type: "button", className: "quiet", textContent: title });
  button.addEventListener("click", go);
  return make("li", {}, button);
}

/**
 * A table or a group may have been made anew since the entry was.
 * @param {Element} section
 * @param {string | null} title
 */
function partEntry(section, title) {
  return entry(title, () => {
    const part = partsOf(section).find((one) => titleOf(one) === title);
    if (part) goTo(part, headingOf(part));
  });
}

/** @param {HTMLElement} section */
function sectionEntry(section) {
  const heading = finderIn(section)("h2");
  const item = entry(heading.textContent, () => goTo(section, heading));
  const titles = partsOf(section).map(titleOf);
  if (titles.length > 0) item.append(make("ol", {}, ...titles.map((title) => partEntry(section, title))));
  return item;
}

// Where one is on the page: the last section that begins in its upper third, or at the end of the page the last one.
function showPlace() {
  const { scrollHeight } = document.documentElement;
  const isEnd = window.scrollY > 0 && window.scrollY + window.innerHeight >= scrollHeight - 2;
  const line = isEnd ? window.innerHeight : window.innerHeight / 3;
  const passed = sections().filter((section) => section.getBoundingClientRect().top < line);
  const place = Math.max(passed.length - 1, 0);
  [...list.children].forEach((item, number) => {
    item.firstElementChild?.setAttribute("aria-current", number === place ? "true" : "false");
  });
}

export function showContents() {
  const titles = JSON.stringify(
    sections().map((one) => [one.querySelector("h2")?.textContent, partsOf(one).map(titleOf)]),
  );
  if (titles === shown) return;
  shown = titles;
  list.replaceChildren(...sections().map(sectionEntry));
  showPlace();
}

window.addEventListener("scroll", () => element.isConnected && showPlace(), { passive: true });
