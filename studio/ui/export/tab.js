// The tab Export: the tile as a file, whether it may be handed in, and the first of the steps to that.

import { callServer } from "../shared/api.js";
import { saveBlob, toBlob } from "../shared/dom.js";
import { page } from "../shared/page_state.js";
import * as seenSeeds from "../shared/seen_seeds.js";
import { setUpStatusBadge, submissionStatus } from "../shared/submission_status.js";
import { openTab } from "../shared/tabs.js";
import { onLanguage, previewText, textOf, tileWords, weightsText } from "../shared/texts.js";
import { visitor } from "../shared/visitor.js";
import { $, element, props, server } from "./context.js";
import { noteFile } from "./hand_in.js";

/** @import { Message } from "../shared/types.d.ts" */

const status = $(".status");
let busy = false;
/** @type {Message | null} what the status line says */
let outcome = null;

/** @param {Message | null} next */
function showOutcome(next) {
  outcome = next;
  status.hidden = next === null;
  status.textContent = next === null ? "" : textOf(next.key, next.values);
  status.classList.toggle("failed", next?.failed ?? false);
}

function showWords() {
  const shown = page.shown;
  $(".preview").hidden = $(".rules").hidden = shown === null;
  showOutcome(outcome);
  showDownload();
  if (shown === null) return;
  const hash = shown.sha256.slice(0, 8);
  $(".export-tile").src = shown.picture;
  $(".export-tile").alt = textOf("tile_alt", shown);
  $(".export-caption").textContent = [tileWords(shown), hash, weightsText(shown), previewText(shown)]
    .filter(Boolean)
    .join(" · ");
  $(".rule-seed").textContent = textOf("rule_seed", shown);
  $(".rule-psi").textContent = textOf(shown.psi === 1 ? "rule_no_psi" : "rule_psi", shown);
  $(".rule-weights").textContent = textOf(WEIGHTS_RULES.get(shown.weights) ?? "rule_weights", { hash });
}
/** @type {Map<string | null, string>} */
const WEIGHTS_RULES = new Map([
  ["averaged", "rule_weights_averaged"],
  ["raw", "rule_weights_raw"],
]);

// Why there is nothing to download, beside the button that is off then.
function showDownload() {
  const { submittable, words } =
    page.shown === null ? { submittable: false, words: textOf("nothing_to_export") } : submissionStatus(page.shown);
  $(".download").disabled = busy || !submittable;
  $(".enter-race").hidden = !props.race || !submittable;
  $(".why-not").hidden = submittable;
  $(".why-not").textContent = submittable ? "" : words;
}

/** @param {boolean} on */
function setBusy(on) {
  busy = on;
  showDownload();
}

$(".download").addEventListener("click", async () => {
  const tile = page.shown; // another one may be shown when the file comes
  if (tile === null) return;
  const { sha256, seed, psi } = tile;
  setBusy(true);
  showOutcome({ key: "exporting" });
  const looked_at = seenSeeds.count(sha256) || null;
  const answer = await callServer(server.export_tile, { sha256, seed, psi, looked_at, visitor });
  setBusy(false);
  if (answer.error) return showOutcome({ key: answer.error.code, values: answer.error.values, failed: true });
  const blob = toBlob(answer.png, "image/png");
  saveBlob(blob, answer.file);
  noteFile({ tile, blob, file: answer.file, base64: answer.png });
  showOutcome({ key: "exported", values: { file: answer.file, megabytes: (blob.size / 1e6).toFixed(1) } });
  $(".manifest").hidden = false;
  $(".manifest pre").textContent = JSON.stringify(answer.manifest, null, 2);
});

$(".enter-race").addEventListener("click", () => {
  document.dispatchEvent(new CustomEvent("race:enter"));
  openTab("race");
});

document.addEventListener("ganrace:shown", () => {
  $(".manifest").hidden = true;
  showOutcome(null);
  showWords();
  noteFile(null);
});
document.addEventListener("race:list", showWords);
onLanguage(element, showWords);
setUpStatusBadge($(".submission-status"));

// Whoever comes to hand in begins with the first step, once it can be seen.
function leadToFirst() {
  if (page.tab !== "export" || !page.isHandingIn) return;
  if (!$(".download").checkVisibility({ visibilityProperty: true })) return void requestAnimationFrame(leadToFirst);
  page.isHandingIn = false;
  $(".steps").scrollIntoView({ block: "nearest" });
  $(".download").focus({ preventScroll: true });
}
document.addEventListener("race:tab", leadToFirst);
leadToFirst();
