// The tab Race: where the race stands, and what everybody can do now.

import { make } from "../shared/dom.js";
import { addTexts, errorText, onLanguage, textOf } from "../shared/texts.js";
import * as ballot from "./ballot.js";
import { $, currentStatus, element, onStatus } from "./context.js";
import * as enter from "./enter.js";
import { showExhibitionWords } from "./exhibition.js";
import * as organiser from "./organiser.js";
import { showReceiptWords } from "./receipts.js";
import * as reveal from "./reveal.js";
import { startPolling } from "./status_poll.js";
import { showGrid } from "./tile_grid.js";

/** @import { StatusReply } from "../protocol.d.ts" */

const PHASES = /** @type {const} */ (["SUBMIT", "CHECK", "VOTE", "FINAL", "REVEAL"]);

/** @type {{ code: string, values: Record<string, any> } | null} why the program cannot be asked */
let failure = null;

function showStanding() {
  const status = currentStatus();
  const away = $(".away");
  away.hidden = failure === null;
  const isLost = failure?.code === "error_connection";
  away.textContent = failure === null ? "" : isLost ? textOf("race_waiting") : errorText(failure);
  $(".lead").textContent = status === null ? (failure === null ? textOf("race_loading") : "") : leadText(status);
  if (status === null) return;
  $(".contest-title").textContent = status.title || textOf("race_title");
  $(".phases").replaceChildren(...PHASES.map((phase) => phaseItem(phase, status)));
  $(".counts").textContent = countsText(status);
  $(".paused").hidden = !status.paused;
  $(".tiles").hidden = status.pictures === "" || status.phase === "REVEAL" || ballot.isChoosing();
  showProof(status);
}

/**
 * @param {typeof PHASES[number]} phase
 * @param {StatusReply} status
 */
function phaseItem(phase, status) {
  const node = make("li", {}, textOf(`race_phase_${phase}`));
  if (phase === status.phase) node.setAttribute("aria-current", "step");
  node.classList.toggle("past", PHASES.indexOf(phase) < PHASES.indexOf(status.phase));
  return node;
}

/** @param {StatusReply} status */
function leadText({ phase, voting }) {
  const isClosed = (phase === "VOTE" || phase === "FINAL") && !voting;
  return textOf(`race_lead_${phase}${isClosed ? "_closed" : ""}`);
}

/** @param {StatusReply} status */
function countsText({ entries, round, voted, voters, phase }) {
  const words = [textOf("race_count_entries", { count: entries })];
  if (round !== null && phase !== "REVEAL") {
    words.push(textOf(voters > 0 ? "race_count_voted" : "race_count_voted_honour", { voted, voters }));
  }
  return words.join(" · ");
}

/** @param {StatusReply} status */
function showProof({ sureness, shared_first: isShared, weak_secrecy: isWeak, commitment, phase }) {
  $(".sureness").hidden = sureness === null || phase === "REVEAL";
  $(".sureness").textContent = sureness === null ? "" : textOf("race_sureness", sureness);
  $(".shared-first").hidden = !isShared;
  $(".weak-secrecy").hidden = !isWeak;
  $(".weak-secrecy").textContent = textOf("race_weak_secrecy", { limit: 5 });
  $(".commitment-line").hidden = commitment === "";
  $(".commitment").textContent = commitment;
}

await addTexts("race");
ballot.onChoosing(showStanding);
onStatus(showStanding);
onLanguage(element, () => {
  showStanding();
  showGrid();
  enter.showWords();
  ballot.show();
  showReceiptWords();
  reveal.show();
  organiser.show();
  showExhibitionWords();
});
startPolling((error) => {
  failure = error;
  showStanding();
});
