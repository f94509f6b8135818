// The cards of the sheet: which seeds are shown in which order, what is said of each, the bar of the one at the cursor, and
// how far the sheet is.

import { cellMark } from "../shared/cells.js";
import { make } from "../shared/dom.js";
import * as localFavourites from "../shared/local_favourites.js";
import { page } from "../shared/page_state.js";
import { SEEDS } from "../shared/parsers.js";
import * as seenSeeds from "../shared/seen_seeds.js";
import { openSeed } from "../shared/tabs.js";
import { errorText, textOf } from "../shared/texts.js";
import { $, LARGE, SMALL, cards, cursorMoved, element, pictures, previews, sheet, state, status } from "./context.js";
import { SEEDS_OF_FILTER, byNumber, markOf } from "./marks.js";

/** @import { ProgramError, TileKey } from "../shared/types.d.ts" */
/** @import { Score } from "./types.d.ts" */

const FEW_COLUMNS = 2; // with which a tile is so large that it needs the larger picture
const MARK_SIGNS = { keep: "✓", drop: "✕" };
const BEST = 24; // seeds of the ranking that may be shown alone

export const endOfSheet = () => Math.min(state.range.start + state.range.count, SEEDS);

/** @param {number} seed */
export const isOnSheet = (seed) => seed >= state.range.start && seed < endOfSheet();

export const sheetSeeds = () => [...cards.keys()].filter(isOnSheet);

export const isOpen = () => page.tab === "seeds" && element.isConnected;

/**
 * @param {number} seed
 * @returns {TileKey}
 */
export const key = (seed) => /** @type {TileKey} */ ({ ...state.request, seed });

/** @param {number} seed */
const isStarred = (seed) => localFavourites.has(key(seed));

/** @param {ProgramError | null} error */
export function showProblem(error) {
  state.problem = error;
  status.hidden = error === null;
  status.textContent = error === null ? "" : errorText(error);
  status.classList.toggle("failed", error !== null);
}

export const side = () => (state.columns <= FEW_COLUMNS ? LARGE : SMALL);

/** @param {number} seed */
const pictureOf = (seed) =>
  pictures.get(`${seed} ${side()}`) ?? pictures.get(`${seed} ${LARGE}`) ?? pictures.get(`${seed} ${SMALL}`);

/** @param {number} seed */
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
  const total = (/** @type {number} */ seed) => state.scores.get(seed)?.total ?? -Infinity;
  return state.order === "score" ? seeds.sort((one, other) => total(other) - total(one) || one - other) : seeds;
}

export const elsewhere = () => (SEEDS_OF_FILTER.has(state.filter) ? passing().filter((seed) => !isOnSheet(seed)) : []);

// Which seeds are wanted: the sheet's first; whoever looks at the best ones wants all of it, to know them.
export const wanted = () =>
  state.filter === "best"
    ? sheetSeeds()
    : visible().sort((one, other) => Number(isOnSheet(other)) - Number(isOnSheet(one)));

/**
 * @param {number} seed
 * @returns {boolean}
 */
export const hasFailed = (seed) => cards.get(seed)?.firstElementChild.classList.contains("failed") ?? false;

export const hasStopped = () => state.halted || wanted().every((seed) => isDrawn(seed) || hasFailed(seed));

/** @param {number} seed */
export function cardOf(seed) {
  if (!cards.has(seed)) cards.set(seed, makeCard(seed));
  return cards.get(seed);
}

/** @param {number} seed */
function makeCard(seed) {
  const image = make("img", { alt: "", width: SMALL, height: SMALL, draggable: false });
  const frame = make("span", { className: "frame" }, image, make("span", { className: "marks" }));
  const words = make("span", { className: "card-caption" });
  const button = make("button", { type: "button", className: "card", tabIndex: -1 }, frame, words);
  button.dataset.keys = "";
  button.dataset.seed = String(seed);
  button.addEventListener("click", (event) => (event.detail === 0 ? openTile(seed) : selectCard(seed)));
  button.addEventListener("dblclick", () => openTile(seed));
  button.addEventListener("focus", () => state.cursor !== seed && selectCard(seed));
  return make("li", {}, button);
}

/** @param {number} seed */
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
const psiWords = () => (state.request === null || state.request.psi === 1 ? "" : textOf("caption_psi", state.request));

/** @param {number} seed */
export const cardWords = (seed) => [textOf("seeds_card", { seed }), psiWords()].filter(Boolean).join(", ");

/** @param {number} seed */
export const nameOf = (seed) => [`${textOf("seed")} ${seed}`, psiWords()].filter(Boolean).join(" · ");

/**
 * @param {Score | undefined} score
 * @returns {{ cells?: string, diversity?: string }}
 */
function outlineWords(score) {
  if (score === undefined) return {};
  return {
    cells: textOf("seeds_weakest", { cells: score.cells.join(", ") }),
    diversity: textOf("seeds_diversity", { diversity: score.diversity.toFixed(2) }),
  };
}

/**
 * @param {Element} button
 * @param {Score | undefined} score
 */
function showOutline(button, score) {
  const cells = $(".outline").checked ? (score?.cells ?? []) : [];
  button.querySelector(".marks")?.replaceChildren(...cells.map(cellMark));
}

// Put the cards into their order, and see that the cursor is on one of them; it keeps the focus where it has it.
export function arrange() {
  const seeds = visible();
  const [nodes, hasFocus] = [seeds.map(cardOf), sheet.contains(document.activeElement)];
  if (nodes.length !== sheet.children.length || nodes.some((node, place) => node !== sheet.children[place])) {
    sheet.replaceChildren(...nodes);
  }
  if (state.cursor === null || !seeds.includes(state.cursor)) state.cursor = seeds[0] ?? null;
  for (const seed of seeds) showCard(seed);
  if (hasFocus && state.cursor !== null) cards.get(state.cursor)?.firstElementChild.focus({ preventScroll: true });
  $(".nothing").hidden = seeds.length > 0 || cards.size === 0;
  $(".nothing").textContent = textOf(
    state.filter === "best" && state.scores.size < 2 ? "ranking_waiting" : "seeds_nothing",
  );
  showBar();
}

export function showBar() {
  if (state.request === null) return;
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
    looked: state.request === null ? 0 : seenSeeds.count(state.request.sha256),
  };
  const words = textOf(SEEDS_OF_FILTER.has(state.filter) ? `seeds_progress_${state.filter}` : "seeds_progress", values);
  const precision = state.hasPreviewRows || previews.size > 0 ? textOf("seeds_previews") : "";
  $(".progress-words").textContent = [psiWords(), words, precision].filter(Boolean).join(" · ");
  $(".streaming progress").max = Math.max(seeds.length, 1);
  $(".streaming progress").value = drawn;
}

/** @param {number} seed */
export function selectCard(seed, focus = false) {
  const before = state.cursor;
  state.cursor = seed;
  for (const one of [before, seed]) if (one !== null) showCard(one);
  showBar();
  cursorMoved.send();
  const button = cards.get(seed)?.firstElementChild;
  if (focus) button?.focus({ preventScroll: true });
  button?.scrollIntoView({ block: "nearest" });
}

/** @param {number | null} seed */
export const openTile = (seed) => seed !== null && openSeed(key(seed));
