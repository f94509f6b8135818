// The ballot: whose right is checked first, then tiles are chosen, reviewed and cast.

import { make, setUpDialog } from "../shared/dom.js";
import { inWindow } from "../shared/storage.js";
import { textOf } from "../shared/texts.js";
import { visitorSecret } from "../shared/visitor_secret.js";
import { takeVoteCode } from "../shared/vote_code.js";
import * as ballotSender from "./ballot_sender.js";
import { $, ask, button, currentStatus, onStatus, statusLine } from "./context.js";
import { openExhibition, setChooser } from "./exhibition.js";
import { checkedRanks, completed, moved, toggled } from "./ranking.js";
import { currentReceipt, keepReceipt, showReceipt } from "./receipts.js";
import { poll } from "./status_poll.js";
import { preload, tilePicture } from "./tile_pictures.js";

/** @import { PaperReply } from "../protocol.d.ts" */
/** @import { PendingBallot } from "./types.d.ts" */

const CODE = "raceCode";
const DRAFT = "raceDraft";
const POINTS = [3, 2, 1];
const review = /** @type {HTMLDialogElement} */ ($(".review-dialog"));
const line = statusLine($(".vote-status"));
const reviewLine = statusLine($(".review-status"));
setUpDialog(review);

/** @type {string | null} the code, on the honour system the name, whose right has been or is to be checked */
let code = null;
/** @type {PaperReply | null} */
let paper = null;
/** @type {string[]} */
let ranks = [];
let isSending = false;
let asked = 0;

/** @type {() => void} */
let toldChoosing = () => {};

/** Whether the tiles stand on a ballot. */
export const isChoosing = () => paper !== null;

/**
 * Be told when that may have changed.
 * @param {() => void} told
 */
export const onChoosing = (told) => void (toldChoosing = told);

const isVoting = () => currentStatus()?.voting === true;
const choosable = () => paper?.tiles.filter((tile) => tile !== paper?.own) ?? [];

/**
 * @param {string | null} next
 */
function setCode(next) {
  if (next !== code) inWindow.write(DRAFT, null); // what somebody else has chosen is not shown
  code = next;
  inWindow.write(CODE, next);
  $(".code").value = "";
  void fetchPaper();
}

/**
 * Check the right, and show what can be chosen: the first screen of a voter.
 * @param {{ code: string, values: Record<string, any> } | null} refusal why a ballot is not in, said on
 */
async function fetchPaper(refusal = null) {
  const number = ++asked;
  paper = null;
  const status = currentStatus();
  if (code === null || !isVoting() || isSending || status?.paused) return show();
  line.show({ key: "race_loading" });
  show();
  const answer = await ask("ballot_paper", { secret: visitorSecret(), code });
  if (number !== asked) return;
  if ("error" in answer) return refused(answer.error);
  if (refusal === null) line.show(null);
  else line.fail(refusal);
  paper = answer;
  ranks = keptDraft(answer);
  for (const tile of answer.tiles) preload(tile, "small");
  show();
}

/** @param {{ code: string, values: Record<string, any> }} error */
function refused(error) {
  const isUsed = ["race_error_code_used", "race_error_name_used"].includes(error.code);
  if (isUsed && currentReceipt() !== null) line.show(null);
  else line.fail(error);
  if (["race_error_code_unknown", "race_error_name_bad"].includes(error.code)) {
    code = null;
    inWindow.write(CODE, null);
  } else if (["error_connection", "race_error_store_away", "race_error_too_many_wrong"].includes(error.code)) {
    const seconds = Number(error.values?.seconds) || 4;
    const number = asked;
    setTimeout(() => number === asked && fetchPaper(), 1000 * seconds);
  }
  show();
}

/** @param {PaperReply} found */
function keptDraft(found) {
  const kept = inWindow.read(DRAFT);
  const isOfRound = kept?.commitment === currentStatus()?.commitment && kept?.round === found.round;
  return isOfRound ? checkedRanks(kept.ranks, choosable(), found.most) : [];
}

/** @param {string[]} next */
function setRanks(next) {
  ranks = next;
  const { commitment } = currentStatus() ?? {};
  inWindow.write(DRAFT, { commitment, round: paper?.round, ranks });
  showPaper();
}

/** @param {string} tile */
function choose(tile) {
  if (paper === null) return;
  const next = toggled(ranks, tile, paper.most);
  setRanks(next.length > ranks.length ? completed(next, choosable(), paper) : next);
}

// --- what is on the screen -------------------------------------------------------------------------------------------

/** Show what the voter can do now. */
export function show() {
  const isHonour = currentStatus()?.honour === true;
  const isOn = isVoting();
  $(".vote").hidden = !(isOn || currentReceipt() !== null);
  $(".code-form").hidden = !isOn || !needsCode();
  $(".code-label").textContent = textOf(isHonour ? "race_name_label" : "race_code_label");
  $(".code").autocapitalize = isHonour ? "words" : "characters";
  $(".honour-note").hidden = !(isOn && isHonour);
  $(".leave-code").hidden = !isOn || code === null || isSending;
  $(".paper").hidden = paper === null;
  showPaper();
  showReceipt();
  line.again();
  reviewLine.again();
  toldChoosing();
}

const needsCode = () => code === null && !isSending;

function showPaper() {
  const isOpen = paper !== null;
  $(".ballot-bar").hidden = !isOpen || review.open;
  document.documentElement.classList.toggle("race-ballot", isOpen);
  setChooser(isOpen ? { isChosen: (tile) => ranks.includes(tile), mayChoose, choose } : null);
  if (paper === null) return;
  $(".paper-lead").textContent = textOf(`race_paper_${paper.kind}`, { most: paper.most });
  const cards = $(".paper-tiles");
  if (cards.dataset.tiles !== String(paper.tiles)) {
    cards.dataset.tiles = String(paper.tiles);
    cards.replaceChildren(...paper.tiles.map(paperTile));
  }
  for (const card of cards.children) showRank(card);
  $(".slots").replaceChildren(...slots());
  $(".review").disabled = ranks.length < paper.least;
}

/** @param {string} tile */
const mayChoose = (tile) =>
  paper !== null && tile !== paper.own && paper.tiles.includes(tile) && (ranks.length < paper.most || paper.most === 1);

/** @param {string} tile */
function paperTile(tile) {
  const chooser = make("button", { type: "button", className: "choose" }, tilePicture(tile, "small"));
  chooser.append(make("span", { className: "tile-code" }, tile), make("span", { className: "rank" }));
  chooser.addEventListener("click", () => choose(tile));
  const enlarge = make(
    "button",
    { type: "button", className: "look", title: textOf("race_enlarge_tile", { tile }) },
    "⤢",
  );
  enlarge.setAttribute("aria-label", textOf("race_enlarge_tile", { tile }));
  enlarge.addEventListener("click", () => openExhibition(paper?.tiles ?? [], tile));
  const card = make("div", { className: "paper-tile" }, chooser, enlarge);
  card.dataset.tile = tile;
  return card;
}

/** @param {HTMLElement} card */
function showRank(card) {
  const tile = card.dataset.tile ?? "";
  const chooser = /** @type {HTMLButtonElement} */ (card.querySelector(".choose"));
  const place = ranks.indexOf(tile) + 1;
  const isOwn = tile === paper?.own;
  chooser.disabled = isOwn || (place === 0 && !mayChoose(tile));
  chooser.setAttribute("aria-pressed", String(place > 0));
  const key = isOwn ? "race_own_label" : place > 0 ? "race_chosen_tile" : "race_choose_tile";
  chooser.setAttribute("aria-label", textOf(key, { tile, rank: place }));
  card.classList.toggle("own-tile", isOwn);
  const rank = /** @type {HTMLElement} */ (card.querySelector(".rank"));
  rank.textContent = isOwn ? textOf("race_own_tile") : place > 0 ? String(place) : "";
}

function slots() {
  const places = Array.from({ length: paper?.most ?? 0 }, (_, place) => place);
  return places.map((place) => {
    const tile = ranks[place];
    if (tile === undefined) {
      return make("li", { className: "slot empty" }, textOf("race_slot_empty", { rank: place + 1 }));
    }
    const words = textOf("race_chosen_tile", { tile, rank: place + 1 });
    const node = button("", () => choose(tile), "slot-button");
    node.append(tilePicture(tile, "small", 64), `${place + 1}: ${tile}`);
    node.setAttribute("aria-label", words);
    return make("li", { className: "slot" }, node);
  });
}

// --- reviewing and casting -------------------------------------------------------------------------------------------

function showReview() {
  $(".review-list").replaceChildren(...ranks.map(reviewRow));
  $(".cast").disabled = isSending;
}

/**
 * @param {string} tile
 * @param {number} place
 */
function reviewRow(tile, place) {
  const points = paper?.kind === "podium" ? [make("span", {}, textOf("race_points", { points: POINTS[place] }))] : [];
  const row = make("li", {}, tilePicture(tile, "small", 96), make("strong", {}, tile), ...points);
  for (const [by, sign, key] of /** @type {const} */ ([
    [-1, "↑", "race_up"],
    [1, "↓", "race_down"],
  ])) {
    const node = button(sign, () => {
      setRanks(moved(ranks, place, by));
      showReview();
    });
    node.disabled = isSending || place + by < 0 || place + by >= ranks.length;
    node.setAttribute("aria-label", textOf(key, { tile }));
    row.append(node);
  }
  return row;
}

$(".open-paper").addEventListener("click", () => openExhibition(paper?.tiles ?? []));
$(".review").addEventListener("click", () => {
  reviewLine.show(null);
  showReview();
  review.showModal();
  showPaper();
});
review.addEventListener("close", showPaper);
$(".cast").addEventListener("click", () => {
  const { commitment } = currentStatus() ?? {};
  if (paper === null || code === null || isSending || commitment === undefined) return;
  void send({ commitment, code, round: paper.round, ranks, key: ballotSender.newKey() });
});

/** @param {PendingBallot} ballot */
async function send(ballot) {
  isSending = true;
  for (const one of [line, reviewLine]) one.show({ key: "race_casting" });
  showReview();
  const answer = await ballotSender.sendUntilClear(ballot, (seconds) => {
    for (const one of [line, reviewLine]) one.show({ key: "race_resending", values: { seconds } });
  });
  isSending = false;
  if ("error" in answer) return notCounted(answer.error);
  const { commitment, round } = ballot;
  keepReceipt({ commitment, round, receipt: answer.receipt });
  if (ballot.code === code) inWindow.write(DRAFT, null);
  line.show(null);
  review.close();
  if (ballot.code === code && isOfRoundNow(ballot)) {
    paper = null;
    asked += 1;
    show();
  } else void fetchPaper();
  void poll();
  $(".receipt-card").scrollIntoView({ block: "center" });
}

/** @param {{ code: string, values: Record<string, any> }} error */
function notCounted(error) {
  reviewLine.fail(error);
  line.fail(error);
  const { commitment } = currentStatus() ?? {};
  if (paper === null || !isOfRoundNow({ commitment, round: paper.round })) {
    review.close();
    return void fetchPaper(error);
  }
  showReview();
  show();
}

/**
 * Whether a ballot is of the round that takes ballots now.
 * @param {{ commitment: string | undefined, round: number }} ballot
 */
function isOfRoundNow({ commitment, round }) {
  const status = currentStatus();
  return commitment === status?.commitment && round === status?.round && status.voting;
}

// --- the code --------------------------------------------------------------------------------------------------------

$(".code-form").addEventListener("submit", (/** @type {SubmitEvent} */ event) => {
  event.preventDefault();
  const typed = $(".code").value.trim();
  if (typed !== "") setCode(typed);
});
$(".leave-code").addEventListener("click", () => {
  line.show(null);
  setCode(null);
});
const cameByLink = () => {
  const linked = takeVoteCode();
  if (linked !== null) setCode(linked);
};
document.addEventListener("race:vote-code", cameByLink);

onStatus((now, before) => {
  const isOther = ["commitment", "round", "voting", "paused"].some(
    (name) => now[/** @type {keyof typeof now} */ (name)] !== before?.[/** @type {keyof typeof now} */ (name)],
  );
  if (before === null) begin();
  else if (isOther && !isSending) {
    line.show(null);
    if (review.open) review.close();
    void fetchPaper();
  } else show();
});

/** Go on where this window was: a ballot that was on its way comes first. */
function begin() {
  const kept = inWindow.read(CODE);
  code = takeVoteCode() ?? (typeof kept === "string" ? kept : null);
  if (code !== kept) inWindow.write(DRAFT, null);
  inWindow.write(CODE, code);
  const pending = ballotSender.pendingBallot();
  if (pending !== null && pending.commitment === currentStatus()?.commitment) return void send(pending);
  ballotSender.forgetPending(); // one of an earlier opening can no longer count, and has a code in it
  void fetchPaper();
}
