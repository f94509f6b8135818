// The glossary: all tricks in groups, filtered by words; a recipe of which a checkpoint is here leads to its tiles.

import { make } from "../shared/dom.js";
import { page } from "../shared/page_state.js";
import * as shortcuts from "../shared/shortcuts.js";
import { textOf } from "../shared/texts.js";
import { showContents } from "./contents.js";
import { $, state } from "./context.js";
import { askScores, openButton } from "./scores.js";

/** @import { Trick } from "../protocol.d.ts" */

const GROUPS = ["start", "loss", "bound", "network", "batch", "data", "draw"];
const openGroups = new Set(matchMedia("(min-width: 641px)").matches ? GROUPS : []); // on a phone all at once are too long
const isSearching = () => $(".search").value.trim() !== "";

/**
 * What is searched: both languages' names, and everything that the entry says in the language of the page.
 * @param {Trick} trick
 */
function searched(trick) {
  const names = Object.values(trick.words).map((words) => words.name);
  const { does, look } = trick.words[page.language];
  return [...names, does, look, trick.paper, trick.setting, ...trick.recipes].join(" ").toLowerCase();
}

/** @param {Trick} trick */
function isWanted(trick) {
  const words = $(".search").value.normalize("NFKC").toLowerCase().split(/\s+/).filter(Boolean);
  const text = searched(trick).normalize("NFKC");
  return words.every((/** @type {string} */ word) => text.includes(word));
}

/**
 * A run is called by its recipe, a run of the notebook by its recipe and its seed.
 * @param {string} recipe
 */
function checkpointOf(recipe) {
  const here = page.list?.checkpoints ?? [];
  return here.find((one) => one.name === recipe) ?? here.find((one) => one.name.replace(/-\d+$/, "") === recipe);
}

/** @param {string} recipe */
function recipeNode(recipe) {
  const checkpoint = checkpointOf(recipe);
  return checkpoint ? openButton(checkpoint, recipe) : make("code", { textContent: recipe });
}

/** @param {Trick} trick */
function trickNode(trick) {
  const { name, does, look } = trick.words[page.language];
  const head = make("h3", {}, name);
  if (trick.paper) head.append(" ", make("span", { className: "paper", textContent: `arXiv:${trick.paper}` }));
  const item = make("li", {}, head, make("p", { textContent: does }));
  item.append(make("p", { className: "look" }, make("strong", { textContent: textOf("about_look") }), ` ${look}`));
  if (trick.setting) {
    item.append(make("p", { className: "setting" }, make("code", { textContent: `--set ${trick.setting}` })));
  }
  if (trick.recipes.length > 0) {
    item.append(
      make(
        "p",
        { className: "row recipes" },
        make("span", { textContent: textOf("about_recipes") }),
        ...trick.recipes.map(recipeNode),
      ),
    );
  }
  return item;
}

/**
 * What is found is shown; without a search a group is open or closed as it was left.
 * @param {string} group
 * @param {Trick[]} tricks
 */
function groupNode(group, tricks) {
  const title = textOf("about_group", { group: textOf(`about_group_${group}`), count: tricks.length });
  const node = make(
    "details",
    { open: isSearching() || openGroups.has(group) },
    make("summary", { textContent: title }),
    make("ul", { className: "tricks" }, ...tricks.map(trickNode)),
  );
  node.addEventListener("toggle", () => {
    if (isSearching() || !node.isConnected) return;
    if (node.open) openGroups.add(group);
    else openGroups.delete(group);
  });
  return node;
}

export function showGlossary() {
  if (state.program === null) return;
  const wanted = state.program.tricks.filter(isWanted);
  const groups = GROUPS.map((group) => ({ group, tricks: wanted.filter((trick) => trick.group === group) }));
  const found = groups.filter(({ tricks }) => tricks.length > 0);
  $(".groups").replaceChildren(...found.map(({ group, tricks }) => groupNode(group, tricks)));
  showContents();
  $(".found").textContent = textOf(wanted.length === 0 ? "about_found_none" : "about_found", {
    count: wanted.length,
    all: state.program.tricks.length,
  });
}

$(".search").addEventListener("input", showGlossary);
document.addEventListener("race:list", showGlossary);
for (const name of ["race:tab", "race:gone"]) {
  document.addEventListener(name, () => page.tab === "about" && askScores());
}
shortcuts.register("about", { about_search: () => $(".search").focus() });
