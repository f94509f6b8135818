// Entering the race, and what this browser has entered.

import { fillCheckpoints } from "../shared/checkpoint_list.js";
import { jpegUrl, make } from "../shared/dom.js";
import { onFileChosen, onFileDropped, readFile } from "../shared/file_input.js";
import { refreshList } from "../shared/listing.js";
import { page } from "../shared/page_state.js";
import { parseSeed, parseTypedPsi } from "../shared/parsers.js";
import * as seenSeeds from "../shared/seen_seeds.js";
import { errorText, namedText, textOf } from "../shared/texts.js";
import { visitor } from "../shared/visitor.js";
import { visitorSecret } from "../shared/visitor_secret.js";
import { $, ask, button, currentStatus, onStatus, statusLine } from "./context.js";
import { safeNodes } from "./safe_html.js";

/** @import { EnterRequest, OwnEntry } from "../protocol.d.ts" */

const MOST_SEEDS = 2 ** 32;
const line = statusLine($(".entry-status"));

/** @type {{ base64: string, name: string } | null} */
let file = null;
/** @type {OwnEntry[]} */
let own = [];
/** @type {Map<string, string>} pictures of own entries as addresses, by what they are drawn from */
const pictures = new Map();
let isEntering = false;

const isFromFile = () => $("input[name=race-source][value=file]").checked;

function showSource() {
  $(".from-studio").hidden = isFromFile();
  $(".entry-drop").hidden = !isFromFile();
  $(".entry-file-words").textContent = file?.name ?? textOf("race_drop");
}

function fillList() {
  const select = $(".entry-checkpoint");
  if (page.list !== null) fillCheckpoints(select, page.list, select.value || page.seed.sha256, { raw: true });
}

/** Fill the form with the tile that Explore shows. */
function takeShown() {
  const tile = page.shown ?? page.seed;
  if (tile.sha256 === null) return;
  $("input[name=race-source][value=studio]").checked = true;
  showSource();
  if (page.list !== null) fillCheckpoints($(".entry-checkpoint"), page.list, tile.sha256, { raw: true });
  $(".entry-seed").value = tile.seed;
  $(".entry-psi").value = tile.psi;
  $(".entry-looked").value = seenSeeds.count(tile.sha256) || "";
}

/** @param {File} chosen */
async function takeFile(chosen) {
  file = null;
  const { base64, error } = await readFile(chosen);
  if (error) line.fail({ code: error.code, values: error.values ?? {} });
  else {
    line.show(null);
    file = { base64, name: chosen.name };
  }
  showSource();
}

/**
 * What the form asks for, or the error that says what is wrong in it.
 * @returns {{ request: EnterRequest } | { error: { code: string, values: Record<string, any> } }}
 */
function request() {
  const common = { secret: visitorSecret(), name: $(".entry-name").value, about: $(".entry-about").value, visitor };
  if (isFromFile()) {
    if (file === null) return { error: { code: "race_no_file", values: {} } };
    return { request: { ...common, file: file.base64 } };
  }
  const [seed, psi] = [parseSeed($(".entry-seed").value.trim()), parseTypedPsi($(".entry-psi").value.trim() || "1")];
  if (seed === null) return { error: { code: "error_seed", values: { value: $(".entry-seed").value } } };
  if (psi === null) return { error: { code: "error_psi", values: { value: $(".entry-psi").value } } };
  const looked = $(".entry-looked").value.trim();
  const isCount = /^\d{1,10}$/.test(looked) && Number(looked) >= 1 && Number(looked) <= MOST_SEEDS;
  if (looked !== "" && !isCount) return { error: { code: "race_looked_bad", values: { value: looked } } };
  const seeds = looked === "" ? null : Number(looked);
  return { request: { ...common, sha256: $(".entry-checkpoint").value, seed, psi, seeds_looked_at: seeds } };
}

async function enter() {
  const wanted = request();
  if ("error" in wanted) return line.fail(wanted.error);
  setBusy(true);
  line.show({ key: "race_entering" });
  const answer = await ask("enter_race", wanted.request);
  setBusy(false);
  if ("error" in answer) return line.fail(answer.error);
  line.show({ key: "race_entered", values: { name: answer.name, seed: answer.seed } });
  await fetchOwn();
}

/** @param {boolean} on */
function setBusy(on) {
  isEntering = on;
  $(".enter-now").disabled = on;
}

// --- what was entered ------------------------------------------------------------------------------------------------

async function fetchOwn() {
  const answer = await ask("own_entries", { secret: visitorSecret() });
  if ("error" in answer) return;
  own = answer.entries;
  showOwn();
  for (const entry of own) await fetchPicture(entry);
}

/** @param {OwnEntry} entry */
const keyOf = ({ sha256, seed, psi }) => `${sha256} ${seed} ${psi}`;

/** @param {OwnEntry} entry */
async function fetchPicture(entry) {
  if (pictures.has(keyOf(entry))) return;
  const answer = await ask("own_picture", { secret: visitorSecret(), name: entry.name, visitor });
  if ("error" in answer) return;
  pictures.set(keyOf(entry), jpegUrl(answer.jpeg));
  showOwn();
}

function showOwn() {
  $(".own").hidden = own.length === 0 || currentStatus()?.phase === "REVEAL";
  $(".own-entries").replaceChildren(...own.map(ownCard));
}

/** @param {OwnEntry} entry */
function ownCard(entry) {
  const { name, seed, psi, hours, pretrained, seeds_looked_at: looked } = entry;
  const facts = { hash: entry.sha256.slice(0, 8), seed, psi };
  const declared = {
    hours: hours === null ? textOf("race_not_said") : hours.toFixed(1),
    pretrained: namedText(pretrained) ?? textOf("race_none_declared"),
    looked: looked ?? textOf("race_not_said"),
  };
  const words = make(
    "div",
    { className: "own-words" },
    make("h4", {}, name),
    make("p", {}, textOf("race_own_facts", facts)),
    make("p", { className: "hint" }, textOf("race_own_declared", declared)),
  );
  if (entry.excluded) words.append(make("p", { className: "status failed" }, errorText(entry.excluded)));
  const about = make("div", { className: "entrant-words" });
  about.append(safeNodes(entry.about));
  if (entry.about !== "") words.append(about);
  if (currentStatus()?.phase === "SUBMIT") words.append(button(textOf("race_own_change"), () => change(entry)));
  const src = pictures.get(keyOf(entry));
  const picture = src === undefined ? [] : [make("img", { src, alt: textOf("race_own_alt"), width: 640, height: 640 })];
  return make("li", {}, ...picture, words);
}

/** @param {OwnEntry} entry */
function change(entry) {
  $("input[name=race-source][value=studio]").checked = true;
  showSource();
  if (page.list !== null) fillCheckpoints($(".entry-checkpoint"), page.list, entry.sha256, { raw: true });
  $(".entry-seed").value = entry.seed;
  $(".entry-psi").value = entry.psi;
  $(".entry-looked").value = entry.seeds_looked_at ?? "";
  $(".entry-name").value = entry.name;
  $(".entry-about").value = entry.about_text;
  $(".enter").scrollIntoView();
}

for (const radio of $(".sources").querySelectorAll("input")) radio.addEventListener("change", showSource);
$(".take-shown").addEventListener("click", takeShown);
onFileChosen($(".entry-file"), takeFile);
onFileDropped($(".entry-drop"), takeFile, (isOver) => $(".entry-drop").classList.toggle("over", isOver));
$(".entry-form").addEventListener("submit", (/** @type {SubmitEvent} */ event) => {
  event.preventDefault();
  if (!isEntering) void enter();
});
document.addEventListener("race:list", fillList);
document.addEventListener("race:enter", takeShown);

onStatus((now, before) => {
  const isOpen = now.phase === "SUBMIT" && !now.paused;
  $(".enter").hidden = !isOpen;
  if (isOpen && page.list === null) void refreshList();
  if (now.phase !== before?.phase) {
    line.show(null);
    void fetchOwn();
  }
  showWords();
});

/** Put everything into the language of the page. */
export function showWords() {
  const { resolution, hours } = currentStatus() ?? { resolution: 0, hours: 0 };
  $(".enter-rules").textContent = textOf("race_enter_rules", { resolution, hours });
  fillList();
  showSource();
  showOwn();
  line.again();
}
takeShown();
