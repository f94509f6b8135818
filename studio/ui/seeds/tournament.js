// The knockout: few decisions between whole tiles lead to one. The program replays the decisions, so that undoing one is
// leaving it out.

import { callServer } from "../shared/api.js";
import { announce, make } from "../shared/dom.js";
import * as shortcuts from "../shared/shortcuts.js";
import * as storage from "../shared/storage.js";
import { textOf } from "../shared/texts.js";
import { visitor } from "../shared/visitor.js";
import { cardWords, isOnSheet, key, nameOf, openTile, sheetSeeds, showProblem } from "./cards.js";
import { $, $$, AHEAD_WORKER, LARGE, MOST_ENTRANTS, SMALL, pictures, previews, server, state } from "./context.js";
import { byNumber, keptSeeds, markOf, markedName, starredSeeds } from "./marks.js";
import { askThrough, isPassing, relieve } from "./retry.js";
import { stream, take } from "./stream.js";

/** @import { LookReply } from "../protocol.d.ts" */
/** @import { Contest, Entry } from "./types.d.ts" */

const KNOCKOUT_WORKER = AHEAD_WORKER; // lanes from here on, one for each place: nothing is drawn ahead meanwhile
const MOST_LANES = 6;
const NOBODY = Object.freeze({ shown: /** @type {number[]} */ ([]), alive: /** @type {number[]} */ ([]) });
const LEFT = "knockout"; // what the browser keeps of one that was left: {name, seeds, decisions}
/** @type {Promise<any> | null} while the program replays: what was pressed meanwhile was about tiles that nobody has seen */
let deciding = null;

// Who takes part and why: what was kept or starred of this checkpoint, also on other sheets, as far as there is room for
// it; and where that is less than two, all of this sheet that were not dropped.
function entrants() {
  const [seeds, kept, starred] = [sheetSeeds(), keptSeeds(), starredSeeds()];
  const either = byNumber([...kept, ...starred]).sort(
    (one, other) => Number(isOnSheet(other)) - Number(isOnSheet(one)),
  );
  const counts = {
    kept: kept.length,
    starred: starred.length,
    others: seeds.filter((seed) => !either.includes(seed)).length,
  };
  if (either.length > 1) return { seeds: either.slice(0, MOST_ENTRANTS), why: "knockout_of_chosen", counts };
  return { seeds: seeds.filter((seed) => markOf(seed) !== "drop"), why: "knockout_of_all", counts };
}

/** Who is shown to decide between, and who is left: nobody where no knockout goes on. */
export const rivals = () => state.contest?.stage ?? NOBODY;

async function startKnockout() {
  if (state.request === null) return;
  const entry = entrants();
  if (entry.seeds.length < 2) return showProblem({ code: "knockout_too_few", values: {} });
  showProblem(null);
  const left = unfinished(entry);
  await decideBy(entry, left, left.length > 0);
}

/**
 * The decisions of a knockout that was left before its end: the same tiles go on from there, also after a reload.
 * @param {Entry} entry
 * @returns {number[][]}
 */
function unfinished(entry) {
  const left = storage.read(LEFT);
  const isSame = left?.name === markedName() && JSON.stringify(left.seeds) === JSON.stringify(entry.seeds);
  return isSame && Array.isArray(left.decisions) ? left.decisions : [];
}

/** @param {Contest} contest */
function noteLeft({ entry, decisions, stage }) {
  const isOver = stage.shown.length === 0;
  storage.write(LEFT, isOver ? null : { name: markedName(), seeds: entry.seeds, decisions });
}

/**
 * Decisions that were kept and are no longer possible are forgotten, and the knockout begins.
 * @param {Entry} entry
 * @param {number[][]} decisions
 */
async function decideBy(entry, decisions, areKept = false) {
  if (deciding !== null) return;
  deciding = callServer(server.decide, { seeds: entry.seeds, decisions });
  const answer = await deciding;
  deciding = null;
  if (answer.error && areKept && !isPassing(answer.error)) return decideBy(entry, []);
  if (answer.error) return showProblem(answer.error);
  relieve();
  state.contest = { entry, decisions, stage: answer };
  noteLeft(state.contest);
  showKnockout();
  fetchRivals(state.contest);
}

/** @param {number[]} stay */
export function decideFor(stay) {
  if (deciding !== null || state.contest === null || state.contest.stage.shown.length === 0) return;
  const { shown, alive, remaining } = state.contest.stage;
  const isLast = remaining === 1 ? stay.length !== 1 : stay.length === 0 && shown.length === alive.length;
  if (isLast) return announce(textOf("knockout_must"));
  decideBy(state.contest.entry, [...state.contest.decisions, stay]);
}

export async function undo() {
  while (deciding !== null) await deciding;
  if (state.contest?.decisions.length) await decideBy(state.contest.entry, state.contest.decisions.slice(0, -1));
}

export async function leaveKnockout() {
  while (deciding !== null) await deciding;
  if (state.contest === null) return;
  state.contest = null;
  showKnockout();
  stream();
}

export function showKnockout() {
  shortcuts.enter("seeds", state.contest === null ? null : "knockout");
  $(".knockout").hidden = state.contest === null;
  for (const node of $$(".sheet-part")) node.hidden = state.contest !== null;
  if (state.contest === null) return;
  const { shown, alive, remaining } = state.contest.stage;
  const won = shown.length === 0;
  const { seeds, why, counts } = state.contest.entry;
  const values = { remaining, alive: alive.length, seed: alive[0], count: seeds.length };
  $(".who").textContent = textOf(why, { ...counts, count: seeds.length });
  $(".knockout-words").textContent = textOf(won ? "knockout_won" : "knockout_words", values);
  const places = won ? alive : shown;
  $(".rivals").replaceChildren(...places.map((seed, place) => rivalOf(seed, place, won)));
  $(".rivals").style.setProperty("--rivals", Math.min(places.length, 5));
  $(".rivals").classList.toggle("won", won);
  for (const name of [".both", ".neither"]) $(name).disabled = won || remaining === 1;
  $(".undo").disabled = state.contest.decisions.length === 0;
}

/**
 * @param {number} seed
 * @param {number} place
 * @param {boolean} won
 */
function rivalOf(seed, place, won) {
  const address = pictures.get(`${seed} ${LARGE}`) ?? pictures.get(`${seed} ${SMALL}`);
  const image = make("img", { alt: "", width: LARGE, height: LARGE, draggable: false });
  if (address) image.src = address;
  const words = textOf(won ? "seeds_open" : "knockout_this", { place: place + 1 });
  const digit = place < 10 ? make("kbd", { textContent: (place + 1) % 10 }) : `${place + 1} `;
  const number = won ? `${words} · ` : digit;
  const button = make("button", { type: "button", className: "rival" }, image, make("span", {}, number, nameOf(seed)));
  button.dataset.keys = "";
  button.dataset.seed = String(seed);
  button.setAttribute("aria-label", `${words}: ${cardWords(seed)}`);
  button.addEventListener("click", () => (won ? openTile(seed) : decideFor([seed])));
  return make("div", { className: "rival-place" }, button, ...(won ? [] : [openerOf(seed)]));
}

/**
 * To look at one closely without deciding: the knockout is there again afterwards.
 * @param {number} seed
 */
function openerOf(seed) {
  const words = `${textOf("seeds_open")}: ${cardWords(seed)}`;
  const button = make("button", { type: "button", className: "open-rival", textContent: "↗", title: words });
  button.setAttribute("aria-label", words);
  button.addEventListener("click", () => openTile(seed));
  return button;
}

// The large pictures of who is shown now, and then of those who come next; they come before the rest of the sheet, and
// are drawn exactly, as they decide.
const isRivalDrawn = (/** @type {number} */ seed) =>
  pictures.has(`${seed} ${LARGE}`) && !previews.has(`${seed} ${LARGE}`);
/** @param {Contest} contest */
export async function fetchRivals({ stage: { shown, alive } }) {
  const own = ++state.round;
  const seeds = [...alive.slice(0, 2 * Math.max(shown.length, 1))].filter((seed) => !isRivalDrawn(seed));
  await Promise.all(
    Array.from({ length: Math.min(MOST_LANES, seeds.length) }, (_, lane) => fetchSome(own, seeds, lane)),
  );
}

/**
 * @param {number} own
 * @param {number[]} seeds
 * @param {number} lane
 */
async function fetchSome(own, seeds, lane) {
  const [isWanted, of] = [() => own === state.round, state.request];
  for (;;) {
    const seed = isWanted() ? seeds.shift() : undefined;
    if (seed === undefined) return;
    const request = { ...key(seed), side: LARGE, worker: KNOCKOUT_WORKER + lane, visitor, urgent: true };
    const answer = await askThrough(server.look, request, isWanted);
    if (of !== state.request) return;
    if (answer.superseded) continue;
    if (answer.error) showProblem(answer.error);
    else showRival(seed, answer);
  }
}

/**
 * @param {number} seed
 * @param {LookReply} answer
 */
function showRival(seed, answer) {
  if (!isRivalDrawn(seed)) take(seed, answer, LARGE);
  const image = $(`.rival[data-seed="${seed}"] img`);
  if (image) image.src = pictures.get(`${seed} ${LARGE}`);
}

/**
 * Of two, the keys take the left or the right one; among more they move a ring, which is the focus.
 * @param {number} by
 */
export function toSide(by) {
  const buttons = $$(".rival");
  if (buttons.length === 2) return pick(by < 0 ? 0 : 1);
  const place = buttons.indexOf(document.activeElement);
  const next = place === -1 ? (by > 0 ? 0 : buttons.length - 1) : Math.max(0, Math.min(place + by, buttons.length - 1));
  buttons[next].focus();
}

/** @param {number} place */
export function pick(place) {
  const seed = rivals().shown[place];
  if (seed !== undefined) decideFor([seed]);
}
$(".start-knockout").addEventListener("click", startKnockout);
$(".both").addEventListener("click", () => decideFor([...rivals().shown]));
$(".neither").addEventListener("click", () => decideFor([]));
$(".undo").addEventListener("click", undo);
$(".leave").addEventListener("click", leaveKnockout);
