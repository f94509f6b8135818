// The tab Verify: one picture, the verdict on it, and what is asked where it does not say what it is.

import { callServer } from "../shared/api.js";
import { cellMark } from "../shared/cells.js";
import { fillCheckpoints } from "../shared/checkpoint_list.js";
import { findCheckpoint } from "../shared/checkpoints.js";
import { make } from "../shared/dom.js";
import { onFileDropped, onFilesChosen, readFile } from "../shared/file_input.js";
import { refreshList } from "../shared/listing.js";
import { page } from "../shared/page_state.js";
import { parseSeed, parseTypedPsi } from "../shared/parsers.js";
import { claimText, nameText, onLanguage, textOf, weightsText } from "../shared/texts.js";
import { visitor } from "../shared/visitor.js";
import { setUpAdding } from "./add_missing.js";
import { addFiles, hasRows, onRowOpened, setVerdict, showTableAgain } from "./batch.js";
import { $, element, server } from "./context.js";
import { picturesIn, picturesInFolder } from "./file_list.js";
import { showOtherSeeds, showOthersAgain } from "./other_seeds.js";
import { cellsText, sentenceOf } from "./verdict_words.js";

/** @import { CompareReply, Difference, Problem, VerdictReply } from "../protocol.d.ts" */
/** @import { Fact } from "../shared/checkpoint_facts.js" */
/** @import { FileSource } from "../shared/file_input.js" */
/** @import { Message } from "../shared/types.d.ts" */
/** @import { Row } from "./batch.js" */
/** @import { PictureFile } from "./file_list.js" */
/** @typedef {{ sha256: string, seed: number, psi: number }} Claim what is asked of a picture, whatever it says of itself */

/**
 * A picture that is checked; `row` is that of the table, if it is in one.
 * @typedef {{ name: string, blob: Blob, url: string, row: Row | null }} Checked
 */

const [drop, status, ask] = [".drop", ".status", ".ask"].map($);

/** @type {Checked | null} the picture that is checked */
let file = null;
/** @type {VerdictReply | null} */
let verdict = null;
/** @type {Problem | null} what went wrong in the place of a verdict, with a file of the table */
let problem = null;
let asked = false; // whether the verdict is on what was asked here, not on what the file says
/** @type {Message | null} what the status line says */
let line = null;

/** @param {Message | null} next */
function showLine(next) {
  line = next;
  status.hidden = next === null;
  status.textContent = next === null ? "" : textOf(next.key, next.values);
}

// --- what was given ------------------------------------------------------------------------------------------------------

/** @param {FileSource[]} sources */
async function take(sources) {
  takeFiles(
    () => picturesIn(sources),
    sources.length === 1 && !sources.some((one) => "isDirectory" in one && one.isDirectory),
  );
}

/**
 * @param {() => PictureFile[] | Promise<PictureFile[]>} find
 * @param {boolean} isOne whether one file was named itself
 */
async function takeFiles(find, isOne) {
  showLine({ key: "batch_listing" });
  let files;
  try {
    files = await find();
  } catch {
    return showLine({ key: "batch_unreadable" });
  }
  showLine(files.length ? null : { key: "batch_none" });
  if (files.length === 1 && isOne && files[0].problem === undefined && !hasRows()) checkAlone(files[0]);
  else if (files.length) showLine(addFiles(files));
}

/** @param {PictureFile} picture */
async function checkAlone({ label, read }) {
  forget();
  try {
    show({ name: label, blob: await read(), row: null });
  } catch {
    return showLine({ key: "error_unreadable", values: { name: label } });
  }
  check({});
}

function forget() {
  if (file) URL.revokeObjectURL(file.url);
  file = verdict = problem = null;
  asked = false;
  for (const field of [".ask-seed", ".ask-psi"]) $(field).value = "";
  showVerdict();
}

/** @param {{ name: string, blob: Blob, row: Row | null }} given */
function show({ name, blob, row }) {
  file = { name, blob, row, url: URL.createObjectURL(blob) };
}

// A row of the table is shown in full; its file is read again, as a table may have many.
onRowOpened(async (row) => {
  forget();
  const blob = await row.file.read().catch(() => new Blob());
  forget();
  show({ name: row.file.label, blob, row });
  ({ verdict, problem } = row);
  showLine(null);
  showVerdict(row.comparison);
  $(".verdict").scrollIntoView({ block: "nearest" });
});

// --- the verdict -----------------------------------------------------------------------------------------------------------

/** @param {Partial<Claim>} claim */
async function check(claim) {
  const checked = file;
  if (checked === null) return;
  showLine({ key: "verifying" });
  const { base64, error } = await readFile(checked.blob);
  if (error) return showLine({ key: error.code, values: { name: checked.name, ...error.values } });
  const asking = callServer(server.verify_tile, { file: base64, ...claim, visitor });
  const [answer] = await Promise.all([asking, refreshList()]);
  if (checked !== file) return;
  if (answer.error) {
    showLine({ key: answer.error.code, values: answer.error.values });
    return;
  }
  showLine(null);
  const told = /** @type {VerdictReply} */ (answer.verdict);
  verdict = told;
  problem = null;
  asked = "sha256" in claim;
  if (checked.row) setVerdict(checked.row, told);
  showVerdict();
}

const showAdding = setUpAdding($(".add-here"), () => file !== null && check({}));

/** @param {CompareReply | null} comparison */
function showVerdict(comparison = null) {
  showAdding(verdict);
  fillVerdict();
  showOtherSeeds(verdict, comparison);
}

function fillVerdict() {
  const shown = verdict;
  $(".verdict").hidden = shown === null;
  ask.hidden = shown === null || !(ASKING.has(shown.reason) || (asked && !shown.outcome.startsWith("pass")));
  if (shown === null || file === null) return;
  $(".verified").src = file.url;
  $(".verified").alt = textOf("verified_alt");
  $(".preview").hidden = unreadable(shown.reason);
  $(".verdict .outcome").textContent = textOf(`verdict_${shown.outcome}`);
  $(".verdict .outcome").dataset.outcome = shown.outcome;
  $(".sentence").textContent = sentenceOf(shown, problem);
  $(".cells").textContent = shown.cells.length ? textOf("differing_cells", { cells: cellsText(shown.cells) }) : "";
  $(".marks").replaceChildren(...shown.cells.map(cellMark));
  showFacts(shown, file.name);
  showClaims(shown);
  if (!ask.hidden) fillQuestion(shown);
}

const ASKING = new Set(["no_manifest", "bad_manifest", "bad_seed", "unknown_checkpoint"]);
const UNREADABLE = new Set(["not_an_image", "damaged", "file_too_large", "run_length_too_large"]);
/** @param {string} reason */
const unreadable = (reason) => UNREADABLE.has(reason) || /^(too|archive|error)_/.test(reason);

/**
 * @param {VerdictReply} shown
 * @param {string} fileName
 */
function showFacts(shown, fileName) {
  const checkpointName = shown.checkpoint && page.list ? findCheckpoint(page.list, shown.checkpoint)?.name : undefined;
  /** @type {Fact[]} */
  const facts = [
    ["file", fileName],
    [
      "checkpoint",
      shown.checkpoint &&
        [checkpointName && nameText(checkpointName), shown.checkpoint.slice(0, 8)].filter(Boolean).join(" · "),
    ],
    ["origin", shown.origin && textOf(`origin_${shown.origin}`)],
    ["weights", weightsText(shown)],
    ["seed", shown.seed],
    ["verify_psi", shown.psi === 1 ? null : shown.psi],
    ["largest_difference", shown.largest === null ? null : textOf("levels", { levels: shown.largest })],
    ["differing_share", shown.share === null ? null : `${(shown.share * 100).toFixed(4)} %`],
  ];
  const rows = facts.filter(([, value]) => value !== null && value !== undefined && value !== "");
  $(".verdict .facts").replaceChildren(
    ...rows.flatMap(([key, value]) => [make("dt", {}, textOf(key)), make("dd", {}, String(value))]),
  );
}

/**
 * What the file says of itself and what was found, where these differ.
 * @param {VerdictReply} shown
 */
function showClaims(shown) {
  const table = $(".claims");
  table.hidden = shown.differences.length === 0;
  table.tBodies[0].replaceChildren(...shown.differences.map((one) => claimRow(one, shown)));
}

/**
 * @param {Difference} difference
 * @param {VerdictReply} shown
 */
function claimRow({ field, said, found, lie }, shown) {
  const head = make("th", { scope: "row" }, claimText(field));
  if (!lie) head.append(make("span", { className: "noted" }, textOf("claims_noted")));
  const inFact = found ?? (field === "weights" ? weightsText(shown) : null) ?? textOf("claims_absent");
  const values = inShort(said ?? textOf("claims_silent"), inFact);
  return make("tr", {}, head, ...values.map((value) => make("td", {}, value)));
}

/**
 * Two values with their hashes cut short, as long as that leaves them different.
 * @param {string[]} values
 */
function inShort(...values) {
  const short = values.map((value) => value.replace(/[0-9a-f]{64}/g, (hash) => `${hash.slice(0, 8)}…`));
  return short[0] === short[1] ? values : short;
}

/** @param {VerdictReply} shown */
function fillQuestion(shown) {
  if (page.list === null) return;
  const chosen = shown.checkpoint ?? page.shown?.sha256 ?? page.list.default;
  fillCheckpoints($(".ask-checkpoint"), page.list, chosen, { raw: true });
  $(".ask-seed").value ||= shown.seed ?? "";
  $(".ask-psi").value ||= shown.psi ?? 1;
}

ask.addEventListener("submit", (/** @type {Event} */ event) => {
  event.preventDefault();
  const seed = parseSeed($(".ask-seed").value);
  const psi = parseTypedPsi($(".ask-psi").value);
  if (seed === null) showLine({ key: "error_seed", values: { value: $(".ask-seed").value } });
  else if (psi === null) showLine({ key: "error_psi", values: { value: $(".ask-psi").value } });
  else check({ sha256: $(".ask-checkpoint").value, seed, psi });
});

onFilesChosen($(".file"), take);
onFilesChosen($(".folder"), (files) => takeFiles(() => picturesInFolder(files), false));
onFileDropped(
  drop,
  (_, sources) => take(sources),
  (over) => drop.classList.toggle("over", over),
);

// Files that another tab hands over.
function takeHanded() {
  const handed = page.toVerify;
  page.toVerify = null;
  if (handed) take(handed);
}
document.addEventListener("race:tab", takeHanded);

onLanguage(element, () => {
  showLine(line);
  showTableAgain();
  fillVerdict();
  showOthersAgain();
});
takeHanded();
