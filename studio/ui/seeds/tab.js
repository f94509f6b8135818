// A sheet of whole tiles: which seeds, of which checkpoint, and what is chosen above it.

import { fillCheckpoints } from "../shared/checkpoint_list.js";
import { findCheckpoint } from "../shared/checkpoints.js";
import { refreshList as askForList } from "../shared/listing.js";
import { page, setSeed } from "../shared/page_state.js";
import { SEEDS, parseSeed } from "../shared/parsers.js";
import { onLanguage } from "../shared/texts.js";
import * as urlState from "../shared/url_state.js";
import { forgetMarked, markCursor, star } from "./actions.js";
import { arrange, cardOf, endOfSheet, isDrawn, isOpen, openTile, showProblem, visible } from "./cards.js";
import { $, cards, element, pictures, previews, props, select, state } from "./context.js";
import "./keys.js";
import { SEEDS_OF_FILTER } from "./marks.js";
import { changeSeeing, forgetRanking, pauseSeeing, resumeSeeing, showMethod, showRanking } from "./ranking.js";
import { askThrough } from "./retry.js";
import { nextStart, setColumns, stream } from "./stream.js";
import { fetchRivals, leaveKnockout, showKnockout } from "./tournament.js";

/** @import { CheckpointList } from "../shared/types.d.ts" */

/** @type {{ start: number, count: number }} */
const usual = { start: 0, count: props.counts[0] };

state.range = linkedRange();

// Begin a sheet anew: other seeds, another checkpoint, another truncation.
function begin() {
  pictures.clear();
  previews.clear();
  [state.halted, state.hasPreviewRows, state.scores] = [false, false, new Map()];
  forgetMarked();
  showProblem(null);
  cards.clear();
  tellRange();
  for (let seed = state.range.start; seed < endOfSheet(); seed++) cardOf(seed);
  state.cursor = state.range.start;
  showRange();
  $(".further").disabled = endOfSheet() >= SEEDS;
  leaveKnockout();
  arrange();
  forgetRanking();
  stream();
}

function showRange() {
  $(".start").value = state.range.start;
  $(".count").value = state.range.count;
}

// Show what all tabs look at; tells whether that is another sheet.
function follow() {
  if (!isOpen() || state.list === null) return false;
  const { sha256, psi } = lookedAt(state.list);
  if (urlState.wrong(["ck", "psi"])) return refuse();
  if (state.request?.sha256 === sha256 && state.request.psi === psi) return false;
  state.request = { sha256, psi };
  showSelect();
  begin();
  return true;
}

/**
 * What all tabs look at; before Explore has read the link, what the link says.
 * @param {CheckpointList} list
 */
const lookedAt = (list) => {
  const { sha256, psi } = page.seed;
  return sha256 === null ? urlState.linkedTile(list) : { sha256, psi };
};

// Nothing is drawn for a truncation that is none, until something is chosen.
function refuse() {
  showSelect();
  showRange();
  showProblem(urlState.wrong(["ck", "psi"]));
  return true;
}

// Where the checkpoint is not in the list, none is chosen in it.
function showSelect() {
  if (state.list === null) return;
  const { sha256 } = state.request ?? lookedAt(state.list);
  fillCheckpoints(select, state.list, sha256);
  select.value = sha256;
}

// The link says which seeds are on the sheet, where they are not the usual ones; nonsense in it is passed over.
function linkedRange() {
  const start = parseSeed(urlState.get("start") ?? "") ?? usual.start;
  const count = props.counts.find((/** @type {number} */ one) => String(one) === urlState.get("count")) ?? usual.count;
  return { start, count };
}

function tellRange() {
  const unusual = (/** @type {"start" | "count"} */ name) =>
    state.range[name] === usual[name] ? null : state.range[name];
  urlState.set({ start: unusual("start"), count: unusual("count") });
}

/**
 * Show other seeds; a filter for what is on any sheet would hide them.
 * @param {number} start
 */
function showSheet(start) {
  state.range = { start, count: Number($(".count").value) };
  if (SEEDS_OF_FILTER.has(state.filter)) state.filter = $(".filter").value = "all";
  urlState.dropWrong();
  if (!follow() && state.request !== null) begin();
}

/** @param {boolean} areShown */
function showOptions(areShown) {
  $(".options").hidden = !areShown;
  $(".open-options").setAttribute("aria-expanded", String(areShown));
}

$(".open-options").addEventListener("click", () => showOptions($(".options").hidden));

function openRanking() {
  showOptions(true);
  $(".ranking").open = true;
}

async function refreshList() {
  const answer = await askThrough(() => askForList(), null, isOpen);
  if (answer.error) return showProblem(answer.error);
  if (answer.superseded) return;
  state.list = answer.list;
  follow();
}

$(".range").addEventListener("submit", (/** @type {Event} */ event) => {
  event.preventDefault();
  const start = parseSeed($(".start").value);
  if (start === null) return showProblem({ code: "error_seed", values: { value: $(".start").value } });
  showSheet(start);
});

$(".further").addEventListener("click", () => showSheet(nextStart()));
select.addEventListener("change", () => setSeed({ sha256: select.value }));
$(".filter").addEventListener("change", () => {
  state.filter = $(".filter").value;
  if (state.filter === "best") openRanking(); // with its warning and its histogram
  arrange();
  stream();
});

$(".order").addEventListener("change", () => {
  state.order = $(".order").value;
  arrange();
});

$(".columns-count").addEventListener("change", () => setColumns(Number($(".columns-count").value)));
$(".outline").addEventListener("change", () => {
  arrange();
  showMethod();
});

$(".keep").addEventListener("click", () => markCursor("keep"));
$(".drop-seed").addEventListener("click", () => markCursor("drop"));
$(".star-seed").addEventListener("click", star);
$(".open-seed").addEventListener("click", () => openTile(state.cursor));
$(".see").addEventListener("click", () => changeSeeing());

// Another tab is open: nothing more is drawn for this one.
function leave() {
  state.round++;
  pauseSeeing();
}

// This tab is open again, and shows what it showed.
function goOn() {
  if (state.contest === null) stream();
  else fetchRivals(state.contest);
  resumeSeeing();
}

function comeBack() {
  if (state.request !== null) tellRange(); // which another tab may have taken out
  goOn();
}

document.addEventListener("race:tab", () => {
  if (!isOpen()) return leave();
  if (state.list === null) refreshList();
  else if (!follow()) comeBack();
});

document.addEventListener("race:seed", follow);

document.addEventListener("race:list", () => {
  if (state.list === null || page.list === null) return;
  state.list = page.list;
  if (document.activeElement !== select) showSelect();
  const isHere = state.request !== null && findCheckpoint(page.list, state.request.sha256) !== undefined;
  if (isHere && cards.size === 0 && isOpen()) begin(); // it was not here before
});

window.addEventListener("storage", ({ key: name }) => {
  if (name !== "ganrace.marks" || state.request === null) return; // another window of this browser
  arrange();
  stream();
});

document.addEventListener("race:favourites", () => {
  if (state.request === null) return;
  arrange();
  if (state.filter === "starred" && !visible().every(isDrawn)) stream();
});

// What stands in the choices, and the first look.
$(".count").replaceChildren(
  ...props.counts.map((/** @type {number} */ count) => new Option(String(count), String(count))),
);
$(".columns-count").replaceChildren(...[1, 2, 3, 4, 5].map((count) => new Option(String(count), String(count))));

setColumns(window.matchMedia("(max-width: 860px)").matches ? 2 : 4);

onLanguage(element, () => {
  showProblem(state.problem);
  if (state.list !== null) showSelect();
  if (state.request !== null) arrange();
  showRanking();
  showKnockout();
});

refreshList();
