// The list of contents: the sections of the page, and under each its tables of scores or groups of tricks.

import { make } from "../shared/dom.js";
import { $, element } from "./context.js";

const list = $(".contents-list");
const PARTS = ".board > h3, .groups > details"; // of a section, each with an entry of its own
const sections = () => [...element.querySelectorAll("section")];
const partsOf = (section) => [...section.querySelectorAll(PARTS)];
const headingOf = (part) => part.querySelector("summary") ?? part;
const titleOf = (part) => headingOf(part).textContent;
let shown = ""; // the titles: an entry is not exchanged under a finger because the same list has come again

function goTo(part, heading) {
  if (part.matches("details")) part.open = true;
  if (!heading.matches("summary")) heading.tabIndex = -1;
  heading.focus({ preventScroll: true });
  part.scrollIntoView({ block: "start" });
}

// The address of the page is a link to a tile, which an anchor would change.
function entry(title, go) {
  const button = make("button", { type: "button", className: "quiet", textContent: title });
  button.addEventListener("click", go);
  return make("li", {}, button);
}

// A table or a group may have been made anew since the entry was.
function partEntry(section, title) {
  return entry(title, () => {
    const part = partsOf(section).find((one) => titleOf(one) === title);
    if (part) goTo(part, headingOf(part));
  });
}

function sectionEntry(section) {
  const heading = section.querySelector("h2");
  const item = entry(heading.textContent, () => goTo(section, heading));
  const titles = partsOf(section).map(titleOf);
  if (titles.length > 0) item.append(make("ol", {}, ...titles.map((title) => partEntry(section, title))));
  return item;
}

// Where one is on the page: the last section that begins above its middle.
function showPlace() {
  const passed = sections().filter((section) => section.getBoundingClientRect().top < window.innerHeight / 2);
  const place = Math.max(passed.length - 1, 0);
  [...list.children].forEach((item, number) => {
    item.firstElementChild.setAttribute("aria-current", number === place ? "true" : "false");
  });
}

export function showContents() {
  const titles = JSON.stringify(
    sections().map((one) => [one.querySelector("h2").textContent, partsOf(one).map(titleOf)]),
  );
  if (titles === shown) return;
  shown = titles;
  list.replaceChildren(...sections().map(sectionEntry));
  showPlace();
}

window.addEventListener("scroll", () => element.isConnected && showPlace(), { passive: true });
