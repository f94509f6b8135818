// The organiser's panel: what can be done now, and what each of it does. The secret is in memory alone.

import { make, saveBlob } from "../shared/dom.js";
import { errorText, namedText, textOf } from "../shared/texts.js";
import { page } from "../shared/page_state.js";
import { oneMachineRule, reachableLink } from "../shared/share_link.js";
import { $, ask, button, statusLine } from "./context.js";
import { folded } from "./result_tables.js";
import { poll } from "./status_poll.js";

/** @import { OrganiserReply } from "../protocol.d.ts" */
/** @import { Answer } from "./types.d.ts" */
/** @typedef {OrganiserReply["allowed"][number]} Action */

const REFRESH = { busy: 1500, idle: 8000 }; // milliseconds
const ORDER = /** @type {Action[]} */ (["open", "close", "final", "reveal", "reopen", "codes", "pause", "resume"]);
const DOUBTED = new Set(["open", "final", "reveal", "codes"]); // asked a second time
const MOST_VOTERS = 1000;
const line = statusLine($(".organiser-status"));

/** @type {string | null} */
let secret = null;
/** @type {OrganiserReply | null} */
let view = null;
/** @type {Action | null} what waits for a second press */
let doubted = null;
let isBusy = false;
let timer = 0;
const here = new URL(".", document.baseURI).href;
let settings = { voters: "", honour: false, address: here };
/** @type {(address: string) => boolean} */
let isOneMachine = () => false; // until the page has said which addresses are

/** @param {Answer<"organise">} answer */
function take(answer) {
  if ("error" in answer) {
    line.fail(answer.error);
    if (answer.error.code === "race_error_secret_wrong") lock();
    return false;
  }
  view = answer;
  show();
  return true;
}

const isRunning = () => view?.job?.is_running ?? false;
const isLookedAt = () => $(".organiser").open && !document.hidden && page.tab === "race";

async function refresh() {
  clearTimeout(timer);
  if (secret === null) return;
  if (!isBusy && isLookedAt()) await fetchView(secret);
  if (secret !== null) timer = window.setTimeout(refresh, isRunning() ? REFRESH.busy : REFRESH.idle);
}

/** @param {string} asked the secret */
async function fetchView(asked) {
  const wasRunning = isRunning();
  const answer = await ask("organiser_view", { organiser_secret: asked });
  if (secret !== asked || isBusy) return;
  clearTimeout(timer);
  if (take(answer) && wasRunning && !isRunning()) void poll();
}

function lock() {
  secret = view = doubted = null;
  clearTimeout(timer);
  show();
}

/**
 * @param {Action} action
 * @param {string} [name] of an entry
 */
async function act(action, name) {
  if (secret === null || isBusy) return;
  const voters = votersFor(action);
  if (voters === undefined) return line.fail({ code: "race_voters_bad", values: { value: settings.voters } });
  doubted = null;
  isBusy = true;
  line.show({ key: "race_loading" });
  show();
  const { honour, address } = settings;
  const opening = action === "open" || action === "codes" ? { voters, honour, address: address.trim() } : {};
  const answer = await ask("organise", { organiser_secret: secret, action, name: name ?? null, ...opening });
  isBusy = false;
  line.show(null);
  take(answer);
  show();
  void poll();
  void refresh();
}

/**
 * The number of voters for an action, null where none is given, undefined where what is typed is none.
 * @param {Action} action
 */
function votersFor(action) {
  const typed = settings.voters.trim();
  if (typed === "" || !["open", "codes"].includes(action)) return null;
  const isCount = /^\d{1,4}$/.test(typed) && Number(typed) >= 1 && Number(typed) <= MOST_VOTERS;
  return isCount ? Number(typed) : undefined;
}

// --- what is on the screen -------------------------------------------------------------------------------------------

/** Show the panel, unless somebody types in it. */
export function show() {
  line.again();
  $(".secret-form").hidden = view !== null;
  const panel = $(".organiser-panel");
  panel.hidden = view === null;
  if (view === null) return panel.replaceChildren();
  const isTyping =
    panel.contains(document.activeElement) && document.activeElement?.matches("input:not([type=checkbox])");
  if (!isTyping || isBusy || doubted !== null) panel.replaceChildren(...everything(view));
}

/**
 * @param {OrganiserReply} now
 * @returns {Node[]}
 */
function everything(now) {
  const excluded = now.entries.filter((one) => one.excluded !== null).length;
  const numbers = {
    entries: now.entries.length - excluded,
    excluded,
    refused: now.refused.length,
    codes: now.codes,
    ballots: now.ballots,
  };
  return [
    make("p", { className: "numbers" }, textOf("race_numbers", numbers)),
    ...jobLines(now),
    ...(now.final_due ? [make("p", { className: "notice" }, textOf("race_final_due"))] : []),
    ...(now.names.length > 0 ? [make("p", {}, textOf("race_names_voted", { names: now.names.join(", ") }))] : []),
    ...(now.has_sheet ? [sheetCard()] : []),
    ...(now.allowed.some((one) => one === "open" || one === "codes") ? [settingFields()] : []),
    make("ul", { className: "actions" }, ...ORDER.filter((one) => now.allowed.includes(one)).map(actionRow)),
    folded(`${textOf("race_entries_title")} (${now.entries.length})`, entryList(now)),
    ...(now.refused.length > 0 ? [refusedList(now)] : []),
    folded(textOf("race_events_title"), eventList(now)),
    button(textOf("race_organiser_close"), lock, "quiet lock"),
  ];
}

/** @param {OrganiserReply} now */
function jobLines(now) {
  const { job } = now;
  if (job === null) return [];
  if (job.error !== null) return [make("p", { className: "status failed" }, errorText(job.error))];
  if (!job.is_running) return [];
  const words = job.total > 0 ? textOf("race_job", job) : textOf("race_job_begins");
  const bar = make("progress", { max: Math.max(job.total, 1), value: job.done });
  bar.setAttribute("aria-label", words);
  return [make("div", { className: "job" }, make("p", { role: "status" }, words), bar)];
}

/** Offer the public address where others cannot reach this page; what somebody has typed stays. */
async function findAddress() {
  isOneMachine = await oneMachineRule();
  const { link } = await reachableLink(here);
  if (isOneMachine(settings.address) && settings.address === here) settings = { ...settings, address: link };
  show();
}

function settingFields() {
  const voters = make("input", { inputMode: "numeric", className: "voters", value: settings.voters, maxLength: 6 });
  const honour = make("input", { type: "checkbox", className: "honour", checked: settings.honour });
  const address = make("input", { className: "address", value: settings.address, maxLength: 400 });
  voters.addEventListener("input", () => (settings = { ...settings, voters: voters.value }));
  honour.addEventListener("change", () => (settings = { ...settings, honour: honour.checked }));
  address.addEventListener("input", () => (settings = { ...settings, address: address.value }));
  return make(
    "div",
    { className: "settings" },
    make("label", { className: "field" }, make("span", {}, textOf("race_voters")), voters),
    make("label", { className: "field wide" }, make("span", {}, textOf("race_address")), address),
    ...(isOneMachine(settings.address) ? [make("p", { className: "hint local" }, textOf("race_address_local"))] : []),
    make("label", { className: "race-tick" }, honour, make("span", {}, textOf("race_honour"))),
  );
}

/** What comes next in the ordinary course of a race. */
function mainAction() {
  const { allowed = [], final_due: isFinalDue = false } = view ?? {};
  if (allowed.includes("reveal") && !isFinalDue) return "reveal";
  return ORDER.find((one) => allowed.includes(one));
}

/** @param {Action} action */
function actionRow(action) {
  const words = textOf(`race_do_${action}`);
  const about = make("p", { className: "hint" }, textOf(`race_about_${action}`));
  if (doubted === action) {
    const yes = button(textOf("race_yes", { action: words }), () => act(action), "primary yes");
    const no = button(textOf("race_no"), () => {
      doubted = null;
      show();
    });
    return make("li", {}, make("div", { className: "row" }, make("strong", {}, textOf("race_sure")), yes, no), about);
  }
  const press = () => {
    if (!DOUBTED.has(action)) return act(action);
    doubted = action;
    show();
  };
  const node = button(words, press, action === mainAction() ? "primary" : "");
  node.dataset.action = action;
  node.disabled = isBusy;
  return make("li", {}, node, about);
}

/** @param {OrganiserReply} now */
function entryList(now) {
  const rows = now.entries.map((one) => {
    const declared = {
      hours: one.hours === null ? textOf("race_not_said") : one.hours.toFixed(1),
      pretrained: namedText(one.pretrained) ?? textOf("race_none_declared"),
      looked: one.seeds_looked_at ?? textOf("race_not_said"),
    };
    const row = make(
      "li",
      {},
      make("strong", {}, one.name),
      make("p", {}, textOf("race_own_facts", { hash: one.checkpoint, seed: one.seed, psi: one.psi })),
      make("p", { className: "hint" }, textOf("race_own_declared", declared)),
    );
    if (one.repeated_cells) {
      row.append(make("p", { className: "status failed" }, textOf("race_repeated", { count: one.repeated_cells })));
    }
    if (one.excluded) row.append(make("p", { className: "status failed" }, errorText(one.excluded)));
    const action = one.excluded === null ? "exclude" : "include";
    if (now.allowed.includes(action)) row.append(button(textOf(`race_do_${action}`), () => act(action, one.name)));
    return row;
  });
  return make("ul", { className: "organiser-entries" }, ...rows);
}

/** @param {OrganiserReply} now */
function refusedList(now) {
  const rows = now.refused.map((one) =>
    make("li", {}, make("strong", {}, one.name), make("p", {}, errorText(one.reason))),
  );
  const list = make("ul", { className: "organiser-entries" }, ...rows);
  return folded(`${textOf("race_refused_title")} (${now.refused.length})`, list);
}

/** @param {OrganiserReply} now */
function eventList(now) {
  const rows = now.events.map(({ moment, event }) =>
    make("li", {}, `${new Date(1000 * moment).toLocaleString(page.language)} · ${textOf(`race_do_${event}`)}`),
  );
  return make("ul", { className: "events" }, ...rows);
}

// --- the sheet of codes ----------------------------------------------------------------------------------------------

function sheetCard() {
  const save = button(textOf("race_sheet"), () => sheet(false), "primary save-sheet");
  const forget = button(textOf("race_sheet_forget"), () => sheet(true), "quiet");
  const buttons = make("div", { className: "row" }, save, forget);
  return make("div", { className: "notice sheet" }, make("p", {}, textOf("race_sheet_hint")), buttons);
}

/** @param {boolean} forget */
async function sheet(forget) {
  const answer = await ask("code_sheet", { organiser_secret: secret ?? "", forget });
  if ("error" in answer) return line.fail(answer.error);
  if (!forget && answer.html === null) return line.show({ key: "race_sheet_gone", failed: true });
  if (!forget) saveBlob(new Blob([answer.html ?? ""], { type: "text/html" }), "race-codes.html");
  void refresh();
}

$(".secret-form").addEventListener("submit", async (/** @type {SubmitEvent} */ event) => {
  event.preventDefault();
  const typed = $(".organiser-secret").value.trim();
  if (typed === "") return;
  $(".organiser-secret").value = "";
  line.show({ key: "race_loading" });
  const answer = await ask("organiser_view", { organiser_secret: typed });
  line.show(null);
  if (!take(answer)) return;
  secret = typed;
  void refresh();
  void findAddress();
});
$(".organiser").addEventListener("toggle", refresh);
