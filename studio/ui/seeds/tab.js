// A sheet of whole tiles: which seeds, what is kept and dropped. How they stream in, the ranking and the knockout are in the
// files that are put in after this one.

import { cellMark } from "../shared/cells.js";
import { fillCheckpoints } from "../shared/checkpoint_list.js";
import { findCheckpoint } from "../shared/checkpoints.js";
import { announce, make, toThumbnail } from "../shared/dom.js";
import { refreshList as askForList } from "../shared/listing.js";
import * as localFavourites from "../shared/local_favourites.js";
import { page, setSeed } from "../shared/page_state.js";
import { SEEDS, parseSeed } from "../shared/parsers.js";
import * as seenSeeds from "../shared/seen_seeds.js";
import { openSeed } from "../shared/tabs.js";
import { errorText, onLanguage, textOf } from "../shared/texts.js";
import * as urlState from "../shared/url_state.js";
import { $, LARGE, SMALL, cards, element, pictures, previews, props, select, sheet, state, status } from "./context.js";
import "./keys.js";
import { SEEDS_OF_FILTER, byNumber, markOf, setMarkOf } from "./marks.js";
import { changeSeeing, forgetRanking, showMethod, showRanking, showScore } from "./ranking.js";
import { askThrough, goOn, hasFailed, hasStopped, leave, nextStart, stream, wanted } from "./stream.js";
import { leaveKnockout, showKnockout } from "./tournament.js";

const FEW_COLUMNS = 2; // with which a tile is so large that it needs the larger picture
const MARK_SIGNS = { keep: "✓", drop: "✕" };
const BEST = 24; // seeds of the ranking that may be shown alone

const usual = { start: 0, count: props.counts[0] };
state.range = linkedRange();
let marked = []; // what was kept and dropped on this sheet: {seed, mark: the one before}, the last one at the end
const endOfSheet = () => Math.min(state.range.start + state.range.count, SEEDS);
export const isOnSheet = (seed) => seed >= state.range.start && seed < endOfSheet();
export const sheetSeeds = () => [...cards.keys()].filter(isOnSheet);

export const isOpen = () => page.tab === "seeds" && element.isConnected;
export const key = (seed) => ({ ...state.wish, seed });
const isStarred = (seed) => localFavourites.has(key(seed));

export function showProblem(error) {
  state.problem = error;
  status.hidden = error === null;
  status.textContent = error === null ? "" : errorText(error);
  status.classList.toggle("failed", error !== null);
}

export const side = () => (state.columns <= FEW_COLUMNS ? LARGE : SMALL);
const pictureOf = (seed) =>
  pictures.get(`${seed} ${side()}`) ?? pictures.get(`${seed} ${LARGE}`) ?? pictures.get(`${seed} ${SMALL}`);
export const isDrawn = (seed) => pictures.has(`${seed} ${side()}`) || pictures.has(`${seed} ${LARGE}`);

function passing() {
  if (cards.size === 0) return [];
  const own = SEEDS_OF_FILTER.get(state.filter);
  if (own) return byNumber(own());
  const best = new Set([...state.scores.keys()].filter(isOnSheet).slice(0, BEST));
  return sheetSeeds().filter((seed) => state.filter === "all" || best.has(seed));
}

// The seeds that are shown, in the order in which they are shown.
export function visible() {
  const seeds = passing();
  const total = (seed) => state.scores.get(seed)?.total ?? -Infinity;
  return state.order === "score" ? seeds.sort((one, other) => total(other) - total(one) || one - other) : seeds;
}

export const elsewhere = () => (SEEDS_OF_FILTER.has(state.filter) ? passing().filter((seed) => !isOnSheet(seed)) : []);

function cardOf(seed) {
  if (!cards.has(seed)) cards.set(seed, makeCard(seed));
  return cards.get(seed);
}

function makeCard(seed) {
  const image = make("img", { alt: "", width: SMALL, height: SMALL, draggable: false });
  const frame = make("span", { className: "frame" }, image, make("span", { className: "marks" }));
  const words = make("span", { className: "card-caption" });
  const button = make("button", { type: "button", className: "card", tabIndex: -1 }, frame, words);
  button.dataset.keys = "";
  button.dataset.seed = seed;
  button.addEventListener("click", (event) => (event.detail === 0 ? openTile(seed) : select_(seed)));
  button.addEventListener("dblclick", () => openTile(seed));
  button.addEventListener("focus", () => state.cursor !== seed && select_(seed));
  return make("li", {}, button);
}

export function showCard(seed) {
  const button = cards.get(seed)?.firstElementChild;
  if (!button) return;
  const [mark, starred, picture, score] = [markOf(seed), isStarred(seed), pictureOf(seed), state.scores.get(seed)];
  button.dataset.mark = mark ?? "";
  button.classList.toggle("current", seed === state.cursor);
  button.tabIndex = seed === state.cursor ? 0 : -1;
  const image = button.querySelector("img");
  if (picture && image.getAttribute("src") !== picture) image.src = picture;
  const signs = (starred ? "★" : "") + (mark === null ? "" : MARK_SIGNS[mark]);
  const outlined = $(".outline").checked ? outlineWords(score) : {};
  const failed = hasFailed(seed) && textOf("seeds_is_failed");
  const points = [outlined.diversity, failed].filter(Boolean).map((one) => ` · ${one}`);
  button.querySelector(".card-caption").textContent = `${signs} ${seed}${points.join("")}`.trim();
  const states = [
    mark && textOf(`seeds_is_${mark}`),
    starred && textOf("seeds_is_starred"),
    outlined.cells,
    outlined.diversity,
    failed,
  ].filter(Boolean);
  button.setAttribute("aria-label", [cardWords(seed), ...states].join(", "));
  showOutline(button, score);
}

// A truncation is said wherever tiles are named; none is not.
const psiWords = () => (state.wish.psi === 1 ? "" : textOf("caption_psi", state.wish));
export const cardWords = (seed) => [textOf("seeds_card", { seed }), psiWords()].filter(Boolean).join(", ");
export const nameOf = (seed) => [`${textOf("seed")} ${seed}`, psiWords()].filter(Boolean).join(" · ");

function outlineWords(score) {
  if (score === undefined) return {};
  return {
    cells: textOf("seeds_weakest", { cells: score.cells.join(", ") }),
    diversity: textOf("seeds_diversity", { diversity: score.diversity.toFixed(2) }),
  };
}

function showOutline(button, score) {
  const cells = $(".outline").checked ? (score?.cells ?? []) : [];
  button.querySelector(".marks").replaceChildren(...cells.map(cellMark));
}

// Put the cards into their order, and see that the cursor is on one of them; it keeps the focus where it has it.
export function arrange() {
  const seeds = visible();
  const [nodes, hasFocus] = [seeds.map(cardOf), sheet.contains(document.activeElement)];
  if (nodes.length !== sheet.children.length || nodes.some((node, place) => node !== sheet.children[place])) {
    sheet.replaceChildren(...nodes);
  }
  if (!seeds.includes(state.cursor)) state.cursor = seeds[0] ?? null;
  for (const seed of seeds) showCard(seed);
  if (hasFocus) cards.get(state.cursor)?.firstElementChild.focus({ preventScroll: true });
  $(".nothing").hidden = seeds.length > 0 || cards.size === 0;
  $(".nothing").textContent = textOf(
    state.filter === "best" && state.scores.size < 2 ? "ranking_waiting" : "seeds_nothing",
  );
  showBar();
}

export function showBar() {
  if (state.wish === null) return;
  const [mark, starred] = state.cursor === null ? [null, false] : [markOf(state.cursor), isStarred(state.cursor)];
  $(".card-words").textContent = state.cursor === null ? "" : nameOf(state.cursor);
  $(".keep").setAttribute("aria-pressed", String(mark === "keep"));
  $(".drop-seed").setAttribute("aria-pressed", String(mark === "drop"));
  $(".star-seed").setAttribute("aria-pressed", String(starred));
  for (const name of [".keep", ".drop-seed", ".star-seed", ".open-seed"]) $(name).disabled = state.cursor === null;
  showProgress();
  $(".halt").hidden = wanted().every(isDrawn);
  $(".halt").textContent = textOf(hasStopped() ? "seeds_go_on" : "ranking_stop");
}

// How far the sheet is, or what the filter shows of all sheets.
export function showProgress() {
  const seeds = SEEDS_OF_FILTER.has(state.filter) ? passing() : sheetSeeds();
  const drawn = seeds.filter(isDrawn).length;
  const [kept, dropped] = ["keep", "drop"].map((one) => seeds.filter((seed) => markOf(seed) === one).length);
  const values = {
    drawn,
    count: seeds.length,
    kept,
    dropped,
    others: elsewhere().length,
    looked: seenSeeds.count(state.wish.sha256),
  };
  const words = textOf(SEEDS_OF_FILTER.has(state.filter) ? `seeds_progress_${state.filter}` : "seeds_progress", values);
  const precision = state.hasPreviewRows || previews.size > 0 ? textOf("seeds_previews") : "";
  $(".progress-words").textContent = [psiWords(), words, precision].filter(Boolean).join(" · ");
  $(".streaming progress").max = Math.max(seeds.length, 1);
  $(".streaming progress").value = drawn;
}

function select_(seed, focus = false) {
  const before = state.cursor;
  state.cursor = seed;
  for (const one of [before, seed]) if (one !== null) showCard(one);
  showBar();
  showScore();
  const button = cards.get(seed)?.firstElementChild;
  if (focus) button?.focus({ preventScroll: true });
  button?.scrollIntoView({ block: "nearest" });
}

export function move(by) {
  const seeds = visible();
  const next = seeds.indexOf(state.cursor) + by;
  if (next >= 0 && next < seeds.length) select_(seeds[next], sheet.contains(document.activeElement));
}

// Mark a seed, or take the same mark back, and go on to the next.
export function markCursor(kind) {
  if (state.cursor === null) return;
  const [seed, seeds] = [state.cursor, visible()];
  const place = seeds.indexOf(seed);
  marked.push({ seed, mark: markOf(seed) });
  setMark(seed, markOf(seed) === kind ? null : kind);
  const isGone = !visible().includes(seed);
  const next = seeds[place + 1] ?? (isGone ? seeds[place - 1] : undefined);
  if (next !== undefined) select_(next, sheet.contains(document.activeElement));
  if (isGone) arrange();
  showBar();
}

function setMark(seed, kind) {
  setMarkOf(seed, kind);
  announce(textOf(kind ? `seeds_marked_${kind}` : "seeds_unmarked", { seed }));
  showCard(seed);
}

export function takeBack() {
  const last = marked.pop();
  if (last === undefined) return announce(textOf("seeds_nothing_marked"));
  setMark(last.seed, last.mark);
  if (state.filter === "kept") arrange();
  if (visible().includes(last.seed)) select_(last.seed, sheet.contains(document.activeElement));
  showBar();
}

export function star() {
  if (state.cursor === null) return;
  const name = findCheckpoint(state.list, state.wish.sha256)?.name;
  const image = cards.get(state.cursor)?.querySelector("img");
  const thumb = image?.complete && image.naturalWidth ? toThumbnail(image) : null;
  localFavourites.toggle({ ...key(state.cursor), name, thumb });
}

export const openTile = (seed) => seed !== null && openSeed(key(seed));

// Begin a sheet anew: other seeds, another checkpoint, another truncation.
function begin() {
  pictures.clear();
  previews.clear();
  [state.halted, state.hasPreviewRows, marked, state.scores] = [false, false, [], new Map()];
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
  const { sha256, psi } = lookedAt();
  if (urlState.wrong(["ck", "psi"])) return refuse();
  if (state.wish?.sha256 === sha256 && state.wish.psi === psi) return false;
  state.wish = { sha256, psi };
  showSelect();
  begin();
  return true;
}

// What all tabs look at; before Explore has read the link, what the link says.
const lookedAt = () => (page.seed.sha256 === null ? urlState.linkedTile(state.list) : page.seed);

// Nothing is drawn for a truncation that is none, until something is chosen.
function refuse() {
  showSelect();
  showRange();
  showProblem(urlState.wrong(["ck", "psi"]));
  return true;
}

// Where the checkpoint is not in the list, none is chosen in it.
export function showSelect() {
  const { sha256 } = state.wish ?? lookedAt();
  fillCheckpoints(select, state.list, sha256);
  select.value = sha256;
}

// The link says which seeds are on the sheet, where they are not the usual ones; nonsense in it is passed over.
function linkedRange() {
  const start = parseSeed(urlState.get("start") ?? "") ?? usual.start;
  const count = props.counts.find((one) => String(one) === urlState.get("count")) ?? usual.count;
  return { start, count };
}

function tellRange() {
  const unusual = (name) => (state.range[name] === usual[name] ? null : state.range[name]);
  urlState.set({ start: unusual("start"), count: unusual("count") });
}

// Show other seeds; a filter for what is on any sheet would hide them.
function showSheet(start) {
  state.range = { start, count: Number($(".count").value) };
  if (SEEDS_OF_FILTER.has(state.filter)) state.filter = $(".filter").value = "all";
  urlState.dropWrong();
  if (!follow() && state.wish !== null) begin();
}

export function setColumns(count) {
  state.columns = count;
  $(".columns-count").value = count;
  sheet.style.setProperty("--columns", count);
  if (state.wish !== null) stream();
}

function showOptions(areShown) {
  $(".options").hidden = !areShown;
  $(".open-options").setAttribute("aria-expanded", String(areShown));
}
$(".open-options").addEventListener("click", () => showOptions($(".options").hidden));

function openRanking() {
  showOptions(true);
  $(".ranking").open = true;
}

export async function refreshList() {
  const answer = await askThrough(() => askForList(), null, isOpen);
  if (answer.error) return showProblem(answer.error);
  if (answer.superseded) return;
  state.list = answer.list;
  follow();
}

$(".range").addEventListener("submit", (event) => {
  event.preventDefault();
  const start = parseSeed($(".start").value);
  if (start === null) return showProblem({ code: "error_seed", values: { value: $(".start").value } });
  showSheet(start);
});
$(".further").addEventListener("click", () => showSheet(nextStart()));
select.addEventListener("change", () => setSeed({ sha256: select.value }));
$(".filter").addEventListener("change", (event) => {
  state.filter = event.target.value;
  if (state.filter === "best") openRanking(); // with its warning and its histogram
  arrange();
  stream();
});
$(".order").addEventListener("change", (event) => {
  state.order = event.target.value;
  arrange();
});
$(".columns-count").addEventListener("change", (event) => setColumns(Number(event.target.value)));
$(".outline").addEventListener("change", () => {
  arrange();
  showMethod();
});
$(".keep").addEventListener("click", () => markCursor("keep"));
$(".drop-seed").addEventListener("click", () => markCursor("drop"));
$(".star-seed").addEventListener("click", star);
$(".open-seed").addEventListener("click", () => openTile(state.cursor));

$(".see").addEventListener("click", () => changeSeeing());

function comeBack() {
  if (state.wish !== null) tellRange(); // which another tab may have taken out
  goOn();
}
document.addEventListener("race:tab", () => {
  if (!isOpen()) return leave();
  if (state.list === null) refreshList();
  else if (!follow()) comeBack();
});
document.addEventListener("race:seed", follow);
document.addEventListener("race:list", () => {
  if (state.list === null) return;
  state.list = page.list;
  if (document.activeElement !== select) showSelect();
  if (state.wish !== null && cards.size === 0 && isOpen() && findCheckpoint(state.list, state.wish.sha256)) begin(); // it was not here, and now is
});
window.addEventListener("storage", ({ key: name }) => {
  if (name !== "ganrace.marks" || state.wish === null) return; // another window of this browser
  arrange();
  stream();
});
document.addEventListener("race:favourites", () => {
  if (state.wish === null) return;
  arrange();
  if (state.filter === "starred" && !visible().every(isDrawn)) stream();
});

// What stands in the choices, and the first look.
$(".count").replaceChildren(...props.counts.map((count) => new Option(String(count), String(count))));
$(".columns-count").replaceChildren(...[1, 2, 3, 4, 5].map((count) => new Option(String(count), String(count))));
setColumns(window.matchMedia("(max-width: 860px)").matches ? 2 : 4);
onLanguage(element, () => {
  showProblem(state.problem);
  if (state.list !== null) showSelect();
  if (state.wish !== null) arrange();
  showRanking();
  showKnockout();
});
refreshList();
