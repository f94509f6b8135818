// How the tiles of the sheet stream in, and go on by themselves after trouble that passes.

import { callServer } from "../shared/api.js";
import { jpegUrl } from "../shared/dom.js";
import { SEEDS, parseSeed } from "../shared/parsers.js";
import * as seenSeeds from "../shared/seen_seeds.js";
import { visitor } from "../shared/visitor.js";
import { $, AHEAD_WORKER, cards, pictures, previews, select, server, state } from "./context.js";
import { pauseSeeing, rankSoon, resumeSeeing } from "./ranking.js";
import {
  arrange,
  isDrawn,
  isOnSheet,
  isOpen,
  key,
  sheetSeeds,
  showBar,
  showCard,
  showProblem,
  showProgress,
  side,
  visible,
} from "./tab.js";
import { fetchRivals } from "./tournament.js";

const WORKERS = [0, 1]; // two at a time, so that one is always being drawn
const TYPING_MILLISECONDS = 60;
const DRAWN_BEFORE_AHEAD = 2; // tiles of this sheet that come before the first one of the next
const ROWS_MILLISECONDS = 150; // between two looks at the rows of the first tile
const PASSING = ["error_connection", "error_busy"]; // which say nothing about the tile that was asked for
const PAUSE_MILLISECONDS = { first: 500, longest: 4000 };

// --- trouble that passes -------------------------------------------------------------------------------------------------

let isAlive = true; // as the page's heartbeat says
const waiting = []; // for the program to answer again
document.addEventListener("race:alive", ({ detail }) => {
  isAlive = detail;
  if (isAlive) for (const wake of waiting.splice(0)) wake();
});

export const isPassing = (error) => PASSING.includes(error?.code);
export const relieve = () => isPassing(state.problem) && showProblem(null);

async function pause(tries) {
  const { first, longest } = PAUSE_MILLISECONDS;
  await new Promise((resolve) => setTimeout(resolve, Math.min(first * 2 ** tries, longest)));
  if (!isAlive) await new Promise((resolve) => waiting.push(resolve));
}

// Ask again and again while the trouble is one that passes and the answer is still wanted.
export async function askThrough(call, request, isWanted) {
  for (let tries = 0; ; tries++) {
    const answer = await callServer(call, request);
    if (!isPassing(answer.error)) {
      relieve();
      return answer;
    }
    if (isWanted()) {
      showProblem(answer.error);
      await pause(tries);
    }
    if (!isWanted()) return { superseded: true };
  }
}

// --- the stream ----------------------------------------------------------------------------------------------------------

// Ask for what is missing, in the order in which it is shown, two at a time; a newer round takes the place of this one.
export async function stream() {
  const own = ++state.round;
  if (!isOpen() || state.wish === null) return;
  showBar();
  const asked = new Set();
  await Promise.all(WORKERS.map((worker) => work(worker, own, asked)));
  if (own !== state.round) return;
  rankSoon(0);
  if (!state.halted && !isTyping()) lookAhead(nextStart());
}

// Another tab is open: nothing more is drawn for this one.
export function leave() {
  state.round++;
  pauseSeeing();
}

// This tab is open again, and shows what it showed.
export function goOn() {
  if (state.contest === null) stream();
  else fetchRivals(state.contest);
  resumeSeeing();
}

// The first tile of what may be the next sheet is drawn before it is asked for, and before the rest of this one; only once
// it is shown, it counts as seen. It waits for the first tile of this one, which it would call off.
export const nextStart = () => state.range.start + state.range.count;
const isTyping = () => parseSeed($(".start").value) !== state.range.start;
let lookedAhead = null; // what was drawn ahead last: {wish, seed}
function lookAhead(seed) {
  if (!isOpen() || state.wish === null || state.contest !== null || seed === null || seed >= SEEDS || isDrawn(seed)) {
    return;
  }
  if (!isDrawn(state.range.start) || (lookedAhead?.wish === state.wish && lookedAhead.seed === seed)) return;
  lookedAhead = { wish: state.wish, seed };
  callServer(server.look, { ...key(seed), side: side(), worker: AHEAD_WORKER, visitor, soon: true, preview: true });
}

// Whoever opens the list of checkpoints is about to choose one: the first tile is drawn of those that are likely to take
// longest, as they have the most weights.
const MOST_OTHERS = 4; // as sheets of other visitors wait for them
let choosing = 0; // of looking at the list: what an older one began goes no further
async function lookAtOthers() {
  const own = ++choosing;
  if (
    !isOpen() ||
    state.wish === null ||
    state.contest !== null ||
    state.halted ||
    !isDrawn(state.range.start) ||
    navigator.connection?.saveData
  ) {
    return;
  }
  const [others, size] = [state.list.checkpoints.filter((one) => one.sha256 !== state.wish.sha256), side()];
  for (const { sha256 } of others.sort((one, other) => other.size - one.size).slice(0, MOST_OTHERS)) {
    await callServer(server.look, {
      ...key(state.range.start),
      sha256,
      side: size,
      worker: AHEAD_WORKER,
      visitor,
      soon: true,
      preview: true,
    });
    if (own !== choosing || !isOpen()) return;
  }
}
select.addEventListener("pointerdown", lookAtOthers);
select.addEventListener(
  "keydown",
  ({ key: name }) => [" ", "Enter", "F4", "ArrowDown", "ArrowUp"].includes(name) && lookAtOthers(),
);
for (const name of ["change", "blur"]) select.addEventListener(name, () => choosing++);

let typing = null;
$(".start").addEventListener("input", () => {
  clearTimeout(typing);
  typing = setTimeout(() => lookAhead(parseSeed($(".start").value)), TYPING_MILLISECONDS);
});

// Which seeds are wanted: the sheet's first; whoever looks at the best ones wants all of it, to know them.
export const wanted = () =>
  state.filter === "best"
    ? sheetSeeds()
    : visible().sort((one, other) => Number(isOnSheet(other)) - Number(isOnSheet(one)));
async function work(worker, own, asked) {
  const isWanted = () => own === state.round && !state.halted;
  for (;;) {
    const seed = isWanted() ? wanted().find((one) => !isDrawn(one) && !asked.has(one) && !hasFailed(one)) : undefined;
    const isFirst = seed === wanted()[0] && ![...cards.keys()].some(isDrawn);
    if (seed === undefined) return;
    asked.add(seed);
    const size = side();
    const lane = isFirst ? AHEAD_WORKER : worker;
    let isComing = true;
    if (isFirst) showRows(seed, size, () => isWanted() && isComing);
    const request = { ...key(seed), side: size, worker: lane, visitor, soon: isFirst, preview: true };
    const answer = await askThrough(server.look, request, isWanted);
    isComing = false;
    asked.delete(seed);
    if (own !== state.round) return;
    if (answer.superseded) continue;
    if (answer.error) fail(seed, answer.error);
    else take(seed, answer, size);
  }
}

// A large generator takes its time: what is finished of the first tile is shown row by row until the whole of it is there,
// or until the program does not tell: the whole one is asked for again, the rows are not.
async function showRows(seed, size, isWaiting) {
  for (let rows = 0; ;) {
    await new Promise((resolve) => setTimeout(resolve, ROWS_MILLISECONDS));
    if (!isWaiting()) return;
    const answer = await callServer(server.look_at_rows, { ...key(seed), side: size, rows, preview: true });
    if (!isWaiting() || answer.error) return;
    if (!answer.thumbnail) continue;
    rows = answer.rows;
    state.hasPreviewRows = answer.preview;
    showProgress();
    frameOf(seed)?.style.setProperty("background-image", `url(${jpegUrl(answer.thumbnail)})`);
  }
}

const frameOf = (seed) => cards.get(seed)?.querySelector(".frame"); // over whose rows the whole tile will lie

export const hasFailed = (seed) => cards.get(seed)?.firstElementChild.classList.contains("failed") ?? false;
export const hasStopped = () => state.halted || wanted().every((seed) => isDrawn(seed) || hasFailed(seed));

// One tile cannot be drawn; without the checkpoint, none can.
function fail(seed, error) {
  frameOf(seed)?.style.removeProperty("background-image");
  if (error.code === "error_unknown_checkpoint") {
    cards.clear();
    arrange();
  } else {
    cards.get(seed)?.firstElementChild.classList.add("failed");
    showCard(seed);
    showBar();
  }
  showProblem(error);
}

function forgetFailures() {
  showProblem(null);
  for (const seed of [...cards.keys()].filter(hasFailed)) {
    cards.get(seed).firstElementChild.classList.remove("failed");
    showCard(seed);
  }
}

export function take(seed, answer, size) {
  pictures.set(`${seed} ${size}`, jpegUrl(answer.thumbnail));
  if (answer.preview) previews.add(`${seed} ${size}`);
  else previews.delete(`${seed} ${size}`);
  state.hasPreviewRows = false;
  if (!cards.has(seed)) return;
  showCard(seed);
  seenSeeds.add(key(seed));
  showBar();
  if (sheetSeeds().filter(isDrawn).length === DRAWN_BEFORE_AHEAD && !state.halted && !isTyping()) {
    lookAhead(nextStart());
  }
  rankSoon();
}

// Stop, or go on; what could not be drawn is then tried once more.
$(".halt").addEventListener("click", () => {
  state.halted = !hasStopped();
  if (state.halted) {
    relieve();
    return showBar();
  }
  forgetFailures();
  stream();
});
