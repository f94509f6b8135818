// Many files checked one after the other, as a table with the failures first. Files are sent one by one, so that other
// visitors are served between two of them, and what was sent is not kept by the program.

import { callServer } from "../shared/api.js";
import { jpegUrl, make, saveBlob } from "../shared/dom.js";
import { readFile } from "../shared/file_input.js";
import { errorText, nameText, namedText, textOf } from "../shared/texts.js";
import { visitor } from "../shared/visitor.js";
import { $, server } from "./context.js";
import { similarity, signatureOf } from "./duplicates.js";
import { MOST_FILES } from "./file_list.js";
import { compareSeeds, drawnTile } from "./other_seeds.js";
import { toCsv, toJson } from "./verdict_table.js";
import { sentenceOf, uncheckedVerdict, warningTexts } from "./verdict_words.js";
import { ZipError } from "./zip_reader.js";

/** @import { CheckReply, CompareReply, Problem, VerdictReply } from "../protocol.d.ts" */
/** @import { PictureFile } from "./file_list.js" */
/** @import { Signature } from "./duplicates.js" */

/**
 * A file of the table. It waits until there is a verdict; `problem` is what went wrong in its place. `isCompared` tells
 * that other seeds were asked for, in vain or not.
 * @typedef {object} Row
 * @property {PictureFile} file
 * @property {VerdictReply | null} verdict
 * @property {Problem | null} problem
 * @property {Omit<CheckReply, "verdict" | "thumbnail" | "signature">} declared
 * @property {string | null} thumbnail
 * @property {Signature | null} signature
 * @property {{ row: Row, kind: "same_tile" | "nearly_equal" }[]} duplicates
 * @property {CompareReply | null} comparison
 * @property {boolean} isCompared
 * @property {boolean} isTaken
 */

const AT_ONCE = 2; // one is sent while another is drawn
const WORST_FIRST = ["fail", "could_not_check", "pass_tolerance", "pass_exact"];
const BUSY_MILLISECONDS = 2000;
const READING_MILLISECONDS = 3000;
const NOTHING_DECLARED = {
  ...{ checkpoint_name: null, seeds_looked_at: null, training_hours: null, pretrained: null, recipe: null },
};

/** @type {Row[]} */
let rows = [];
let working = 0; // loops that take rows
let isHalted = false;
/** @type {Problem | null} why it was halted, where nobody has pressed Stop */
let halt = null;
/** @type {(row: Row) => void} */
let open = () => undefined;

/** @param {(row: Row) => void} take what shows a row in full */
export const onRowOpened = (take) => void (open = take);

export const hasRows = () => rows.length > 0;

/** @param {number} milliseconds */
const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/**
 * Add files to the table and check them. Returns the error where they would be too many.
 * @param {PictureFile[]} files
 * @returns {{ key: string, values: Record<string, number> } | null}
 */
export function addFiles(files) {
  const count = rows.length + files.length;
  if (count > MOST_FILES) return { key: "error_too_many_files", values: { count, limit: MOST_FILES } };
  rows.push(...files.map(rowOf));
  goOn();
  return null;
}

/**
 * @param {PictureFile} file
 * @returns {Row}
 */
const rowOf = (file) => ({
  ...{ file, verdict: null, problem: null, declared: NOTHING_DECLARED, thumbnail: null, signature: null },
  ...{ duplicates: [], comparison: null, isCompared: false, isTaken: false },
});

function goOn() {
  isHalted = false;
  halt = null;
  for (let loops = working; loops < AT_ONCE; loops++) work(); // one that finds nothing to do is over at once
  show();
}

/** @param {Problem | null} problem */
function stop(problem = null) {
  isHalted = true;
  halt = problem;
  show();
}

async function work() {
  working++;
  try {
    for (let next = nextStep(); next !== null && !isHalted; next = nextStep()) {
      await next();
      show();
    }
  } finally {
    working--;
    show();
  }
}

/**
 * What is to be done next: all files are checked before other seeds are drawn for any.
 * @returns {(() => Promise<void>) | null}
 */
function nextStep() {
  const waiting = rows.find((row) => row.verdict === null && !row.isTaken);
  if (waiting) return () => taking(waiting, check);
  const uncompared = rows.find((row) => !row.isCompared && !row.isTaken && drawnTile(row.verdict) !== null);
  if (uncompared) return () => taking(uncompared, compare);
  const unread = rows.find((row) => row.comparison?.reading && !row.isTaken);
  return unread ? () => taking(unread, compareLater) : null;
}

/**
 * @param {Row} row
 * @param {(row: Row) => Promise<void>} step
 */
async function taking(row, step) {
  row.isTaken = true;
  try {
    await step(row);
  } finally {
    row.isTaken = false;
  }
}

/** @param {Row} row */
async function check(row) {
  const { file } = row;
  if (file.problem !== undefined) return settle(row, uncheckedVerdict(file.problem, file.values));
  let read;
  try {
    read = await readFile(await file.read());
  } catch (error) {
    if (error instanceof ZipError) return settle(row, uncheckedVerdict(error.code, error.values));
    read = { error: { code: "error_unreadable", values: { name: file.label } } };
  }
  if (read.error) return fail(row, read.error);
  const answer = await callServer(server.check_file, { file: read.base64, visitor });
  if ("superseded" in answer) return;
  if ("error" in answer) return refused(row, answer.error);
  const { verdict, thumbnail, signature, ...declared } = /** @type {CheckReply} */ (answer);
  row.declared = declared;
  row.thumbnail = thumbnail;
  row.signature = signatureOf(signature);
  settle(row, verdict);
}

/**
 * What is busy is asked again, what cannot be reached halts all; anything else is told of this file.
 * @param {Row} row
 * @param {Problem} problem
 */
async function refused(row, problem) {
  if (problem.code === "error_busy") await pause(BUSY_MILLISECONDS);
  else if (problem.code === "error_connection") stop(problem);
  else fail(row, problem);
}

/**
 * @param {Row} row
 * @param {{ code: string, values?: Record<string, any> }} problem
 */
function fail(row, problem) {
  row.problem = { code: problem.code, values: problem.values ?? {} };
  settle(row, uncheckedVerdict(problem.code));
}

/**
 * A file that was cleared away meanwhile has no place among the others.
 * @param {Row} row
 * @param {VerdictReply} verdict
 */
function settle(row, verdict) {
  if (!rows.includes(row)) return;
  row.verdict = verdict;
  for (const { row: other } of row.duplicates) other.duplicates = other.duplicates.filter((one) => one.row !== row);
  row.duplicates = [];
  for (const other of rows) {
    const kind = other === row || other.verdict === null ? null : similarity(tileOf(row), tileOf(other));
    if (kind === null) continue;
    row.duplicates.push({ row: other, kind });
    other.duplicates.push({ row, kind });
  }
}

/** @param {Row} row */
const tileOf = ({ verdict, signature }) => ({
  ...{ sha256: verdict?.checkpoint ?? null, seed: verdict?.seed ?? null, psi: verdict?.psi ?? null, signature },
});

/**
 * Draw other seeds for a file, unless another verdict on it comes meanwhile.
 * @param {Row} row
 */
async function compare(row) {
  const { verdict } = row;
  const tile = drawnTile(verdict);
  const answer = tile && (await compareSeeds(tile));
  if (!answer || row.verdict !== verdict) return;
  if ("error" in answer && ["error_busy", "error_connection"].includes(answer.error.code)) {
    await refused(row, answer.error);
    return;
  }
  row.isCompared = true;
  row.comparison = "error" in answer ? null : answer;
}

/** @param {Row} row */
async function compareLater(row) {
  await pause(READING_MILLISECONDS);
  await compare(row);
}

/**
 * A verdict on what somebody has told of a file of the table takes the place of the one before.
 * @param {Row} row
 * @param {VerdictReply} verdict
 */
export function setVerdict(row, verdict) {
  row.problem = row.comparison = null;
  row.isCompared = false;
  settle(row, verdict);
  if (!isHalted) goOn();
  show();
}

// --- the table ---------------------------------------------------------------------------------------------------------

const HEADINGS = [
  ...["batch_picture", "file", "batch_verdict", "checkpoint", "seed", "verify_psi", "batch_seen", "batch_hours"],
  ...["batch_pretrained", "batch_notes"],
];

/** @returns {(Row & { verdict: VerdictReply })[]} */
function checkedRows() {
  const checked = /** @type {(Row & { verdict: VerdictReply })[]} */ (rows.filter((row) => row.verdict !== null));
  const rank = (/** @type {{ verdict: VerdictReply }} */ { verdict }) => WORST_FIRST.indexOf(verdict.outcome);
  const byName = (/** @type {Row} */ one, /** @type {Row} */ other) => (one.file.label < other.file.label ? -1 : 1);
  return checked.sort((one, other) => rank(one) - rank(other) || byName(one, other));
}

function show() {
  const checked = checkedRows();
  $(".batch").hidden = rows.length === 0;
  $(".batch-count").textContent = countText(checked);
  $(".batch-progress").max = rows.length || 1;
  $(".batch-progress").value = checked.length;
  $(".batch-progress").hidden = working === 0;
  $(".batch-stop").hidden = working === 0 || isHalted;
  $(".batch-go").hidden = !isHalted || working > 0 || nextStep() === null;
  for (const name of [".batch-csv", ".batch-json"]) $(name).disabled = checked.length === 0;
  $(".batch-table").tHead.rows[0].replaceChildren(...HEADINGS.map((key) => make("th", { scope: "col" }, textOf(key))));
  $(".batch-table").tBodies[0].replaceChildren(...checked.map(rowElement));
}

/** @param {{ verdict: VerdictReply }[]} checked */
function countText(checked) {
  const counts = WORST_FIRST.map((outcome) => {
    const count = checked.filter(({ verdict }) => verdict.outcome === outcome).length;
    return count ? `${count} ${textOf(`verdict_${outcome}`)}` : "";
  }).filter(Boolean);
  const said = [textOf("batch_count", { done: checked.length, count: rows.length }), counts.join(", ")];
  if (halt) said.push(errorText(halt));
  else if (isHalted && nextStep() !== null) said.push(textOf("batch_stopped"));
  else if (working > 0 && checked.length === rows.length) said.push(textOf("batch_comparing"));
  return said.filter(Boolean).join(" · ");
}

/** @param {Row & { verdict: VerdictReply }} row */
function rowElement(row) {
  const { verdict, declared } = row;
  const image = row.thumbnail && make("img", { src: jpegUrl(row.thumbnail), alt: "", width: 64, height: 64 });
  const name = make("button", { type: "button", className: "quiet batch-open" }, row.file.label);
  name.addEventListener("click", () => open(row));
  const outcome = make("strong", { className: "outcome" }, textOf(`verdict_${verdict.outcome}`));
  outcome.dataset.outcome = verdict.outcome;
  const reason = verdict.outcome === "pass_exact" ? [] : [make("p", {}, sentenceOf(verdict, row.problem))];
  const checkpoint = [verdict.checkpoint?.slice(0, 8), declared.checkpoint_name && nameText(declared.checkpoint_name)]
    .filter(Boolean)
    .join(" · ");
  const hours = declared.training_hours?.toFixed(1);
  const cells = [
    ...[[image], [name], [outcome, ...reason], [checkpoint], [verdict.seed], [verdict.psi]],
    ...[[declared.seeds_looked_at], [hours], [namedText(declared.pretrained)], notesOf(row)],
  ];
  return make("tr", {}, ...cells.map((content, index) => cellElement(HEADINGS[index], content)));
}

/**
 * @param {string} heading
 * @param {(Node | string | number | null | undefined)[]} content
 */
function cellElement(heading, content) {
  const filled = content.filter((one) => one !== null && one !== undefined && one !== "");
  const cell = make("td", {}, ...filled.map((one) => (one instanceof Node ? one : String(one))));
  cell.dataset.heading = textOf(heading);
  cell.classList.toggle("empty", filled.length === 0);
  return cell;
}

/** @param {Row & { verdict: VerdictReply }} row */
function notesOf(row) {
  const visitors = row.verdict.origin === "added" ? [textOf("batch_added")] : [];
  const notes = [duplicateText(row), ...visitors].filter(Boolean).map((words) => make("li", {}, words));
  const warnings = warningTexts(row.comparison).map((words) => make("li", { className: "warning" }, words));
  const all = [...warnings, ...notes];
  return all.length ? [make("ul", {}, ...all)] : [];
}

/** @param {Row} row */
function duplicateText({ duplicates }) {
  const kinds = /** @type {const} */ (["same_tile", "nearly_equal"]);
  const named = kinds.map((kind) => {
    const files = duplicates.filter((one) => one.kind === kind).map((one) => one.row.file.label);
    return files.length ? textOf(`batch_${kind}`, { files: files.sort().join(", ") }) : "";
  });
  return named.filter(Boolean).join(" ");
}

/** @param {Row & { verdict: VerdictReply }} row */
const written = (row) => ({
  file: row.file.label,
  verdict: row.verdict,
  declared: row.declared,
  sentence: sentenceOf(row.verdict, row.problem),
  duplicates: row.duplicates.map(({ row: other, kind }) => ({ file: other.file.label, kind })),
  duplicateWords: duplicateText(row),
  comparison: row.comparison,
  warnings: warningTexts(row.comparison),
});

function clear() {
  rows = [];
  isHalted = false;
  halt = null;
  show();
}

$(".batch-stop").addEventListener("click", () => stop());
$(".batch-go").addEventListener("click", goOn);
$(".batch-clear").addEventListener("click", clear);
$(".batch-csv").addEventListener("click", () =>
  saveBlob(new Blob([toCsv(checkedRows().map(written))], { type: "text/csv" }), "verify.csv"),
);
$(".batch-json").addEventListener("click", () =>
  saveBlob(new Blob([toJson(checkedRows().map(written))], { type: "application/json" }), "verify.json"),
);
/** To be called when the language changes. */
export const showTableAgain = show;
