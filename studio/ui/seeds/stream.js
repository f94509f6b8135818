// How the tiles of the sheet stream in.

import { callServer } from "../shared/api.js";
import { jpegUrl } from "../shared/dom.js";
import { SEEDS, parseSeed } from "../shared/parsers.js";
import * as seenSeeds from "../shared/seen_seeds.js";
import { visitor } from "../shared/visitor.js";
import {
  arrange,
  hasFailed,
  hasStopped,
  isDrawn,
  isOpen,
  key,
  sheetSeeds,
  showBar,
  showCard,
  showProblem,
  showProgress,
  side,
  wanted,
} from "./cards.js";
import { $, AHEAD_WORKER, cards, pictures, previews, select, server, sheet, state } from "./context.js";
import { rankSoon } from "./ranking.js";
import { askThrough, relieve } from "./retry.js";

/** @import { LookReply } from "../protocol.d.ts" */
/** @import { ProgramError } from "../shared/types.d.ts" */

const WORKERS = [0, 1]; // two at a time, so that one is always being drawn
const TYPING_MILLISECONDS = 60;
const DRAWN_BEFORE_AHEAD = 2; // tiles of this sheet that come before the first one of the next
const ROWS_MILLISECONDS = 150; // between two looks at the rows of the first tile

// Ask for what is missing, in the order in which it is shown, two at a time; a newer round takes the place of this one.
export async function stream() {
  const own = ++state.round;
  if (!isOpen() || state.request === null) return;
  showBar();
  /** @type {Set<number>} */
  const asked = new Set();
  await Promise.all(WORKERS.map((worker) => work(worker, own, asked)));
  if (own !== state.round) return;
  rankSoon(0);
  if (!state.halted && !isTyping()) lookAhead(nextStart());
}

// The first tile of what may be the next sheet is drawn before it is asked for, and before the rest of this one; only once
// it is shown, it counts as seen. It waits for the first tile of this one, which it would call off.
export const nextStart = () => state.range.start + state.range.count;

const isTyping = () => parseSeed($(".start").value) !== state.range.start;

/** @type {{ request: object, seed: number } | null} what was drawn ahead last */
let lookedAhead = null;

/** @param {number | null} seed */
function lookAhead(seed) {
  if (
    !isOpen() ||
    state.request === null ||
    state.contest !== null ||
    seed === null ||
    seed >= SEEDS ||
    isDrawn(seed)
  ) {
    return;
  }
  if (!isDrawn(state.range.start) || (lookedAhead?.request === state.request && lookedAhead.seed === seed)) return;
  lookedAhead = { request: state.request, seed };
  callServer(server.look, { ...key(seed), side: side(), worker: AHEAD_WORKER, visitor, soon: true, preview: true });
}

// Whoever opens the list of checkpoints is about to choose one: the first tile is drawn of those that are likely to take
// longest, as they have the most weights.
const MOST_OTHERS = 4; // as sheets of other visitors wait for them

let choosing = 0; // of looking at the list: what an older one began goes no further

async function lookAtOthers() {
  const own = ++choosing;
  const { list, request } = state;
  if (
    !isOpen() ||
    list === null ||
    request === null ||
    state.contest !== null ||
    state.halted ||
    !isDrawn(state.range.start) ||
    navigator.connection?.saveData
  ) {
    return;
  }
  const [others, size] = [list.checkpoints.filter((one) => one.sha256 !== request.sha256), side()];
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
  (/** @type {KeyboardEvent} */ { key: name }) =>
    [" ", "Enter", "F4", "ArrowDown", "ArrowUp"].includes(name) && lookAtOthers(),
);

for (const name of ["change", "blur"]) select.addEventListener(name, () => choosing++);

let typing = 0;

$(".start").addEventListener("input", () => {
  clearTimeout(typing);
  typing = window.setTimeout(() => lookAhead(parseSeed($(".start").value)), TYPING_MILLISECONDS);
});

/**
 * @param {number} worker
 * @param {number} own the round in which it works
 * @param {Set<number>} asked
 */
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

/**
 * A large generator takes its time: what is finished of the first tile is shown row by row until the whole of it is
 * there, or until the program does not tell: the whole one is asked for again, the rows are not.
 * @param {number} seed
 * @param {number} size
 * @param {() => boolean} isWaiting
 */
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

/**
 * @param {number} seed
 * @returns {HTMLElement | null | undefined}
 */
const frameOf = (seed) => cards.get(seed)?.querySelector(".frame"); // over whose rows the whole tile will lie

/**
 * One tile cannot be drawn; without the checkpoint, none can.
 * @param {number} seed
 * @param {ProgramError} error
 */
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

/**
 * @param {number} seed
 * @param {LookReply} answer
 * @param {number} size
 */
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

/** @param {number} count */
export function setColumns(count) {
  state.columns = count;
  $(".columns-count").value = count;
  sheet.style.setProperty("--columns", count);
  if (state.request !== null) stream();
}
