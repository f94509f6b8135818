import { callServer } from "../shared/api.js";
import { cellMark } from "../shared/cells.js";
import { fillCheckpoints } from "../shared/checkpoint_list.js";
import { findCheckpoint } from "../shared/checkpoints.js";
import { make } from "../shared/dom.js";
import { onFileDropped, onFilesChosen, readFile } from "../shared/file_input.js";
import { refreshList } from "../shared/listing.js";
import { page } from "../shared/page_state.js";
import { parseSeed, parseTypedPsi } from "../shared/parsers.js";
import { claimText, onLanguage, textOf, weightsText } from "../shared/texts.js";
import { visitor } from "../shared/visitor.js";
import { setUpAdding } from "./add_missing.js";
import { addFiles, hasRows, onRowOpened, setVerdict, showTableAgain } from "./batch.js";
import { $, element, server } from "./context.js";
import { picturesIn, picturesInFolder } from "./file_list.js";
import { showOtherSeeds, showOthersAgain } from "./other_seeds.js";
import { cellsText, sentenceOf } from "./verdict_words.js";

const [drop, status, ask] = [".drop", ".status", ".ask"].map($);

let file = null; // {name, blob, url, row} of the picture that is checked; `row` is that of the table, if it is in one
let verdict = null;
let problem = null; // what went wrong in the place of a verdict, with a file of the table
let asked = false; // whether the verdict is on what was asked here, not on what the file says
let line = null; // what the status line says: {key, values}

function showLine(next) {
  line = next;
  status.hidden = next === null;
  status.textContent = next === null ? "" : textOf(next.key, next.values);
}

// --- what was given ------------------------------------------------------------------------------------------------------

async function take(sources) {
  takeFiles(() => picturesIn(sources), sources.length === 1 && !sources[0].isDirectory);
}

/** @param {boolean} isOne whether one file was named itself */
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

async function check(claim) {
  const checked = file;
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
  verdict = answer.verdict;
  problem = null;
  asked = "sha256" in claim;
  if (checked.row) setVerdict(checked.row, verdict);
  showVerdict();
}

const showAdding = setUpAdding($(".add-here"), () => file !== null && check({}));

function showVerdict(comparison = null) {
  showAdding(verdict);
  fillVerdict();
  showOtherSeeds(verdict, comparison);
}

function fillVerdict() {
  $(".verdict").hidden = verdict === null;
  ask.hidden = verdict === null || !(ASKING.has(verdict.reason) || (asked && !verdict.outcome.startsWith("pass")));
  if (verdict === null) return;
  $(".verified").src = file.url;
  $(".verified").alt = textOf("verified_alt");
  $(".preview").hidden = unreadable(verdict.reason);
  $(".verdict .outcome").textContent = textOf(`verdict_${verdict.outcome}`);
  $(".verdict .outcome").dataset.outcome = verdict.outcome;
  $(".sentence").textContent = sentenceOf(verdict, problem);
  $(".cells").textContent = verdict.cells.length ? textOf("differing_cells", { cells: cellsText(verdict.cells) }) : "";
  $(".marks").replaceChildren(...verdict.cells.map(cellMark));
  showFacts();
  showClaims();
  if (!ask.hidden) fillQuestion();
}

const ASKING = new Set(["no_manifest", "bad_manifest", "bad_seed", "unknown_checkpoint"]);
const UNREADABLE = new Set(["not_an_image", "damaged", "file_too_large", "run_length_too_large"]);
const unreadable = (reason) => UNREADABLE.has(reason) || /^(too|archive|error)_/.test(reason);

function showFacts() {
  const name = verdict.checkpoint ? findCheckpoint(page.list, verdict.checkpoint)?.name : undefined;
  const rows = [
    ["file", file.name],
    ["checkpoint", verdict.checkpoint && [name, verdict.checkpoint.slice(0, 8)].filter(Boolean).join(" · ")],
    ["origin", verdict.origin && textOf(`origin_${verdict.origin}`)],
    ["weights", weightsText(verdict)],
    ["seed", verdict.seed],
    ["verify_psi", verdict.psi === 1 ? null : verdict.psi],
    ["largest_difference", verdict.largest === null ? null : textOf("levels", { levels: verdict.largest })],
    ["differing_share", verdict.share === null ? null : `${(verdict.share * 100).toFixed(4)} %`],
  ].filter(([, value]) => value !== null && value !== undefined && value !== "");
  $(".verdict .facts").replaceChildren(
    ...rows.flatMap(([key, value]) => [make("dt", {}, textOf(key)), make("dd", {}, String(value))]),
  );
}

// What the file says of itself and what was found, where these differ.
function showClaims() {
  const table = $(".claims");
  table.hidden = verdict.differences.length === 0;
  table.tBodies[0].replaceChildren(...verdict.differences.map(claimRow));
}

function claimRow({ field, said, found, lie }) {
  const head = make("th", { scope: "row" }, claimText(field));
  if (!lie) head.append(make("span", { className: "noted" }, textOf("claims_noted")));
  const inFact = found ?? (field === "weights" ? weightsText(verdict) : null) ?? textOf("claims_absent");
  const values = inShort(said ?? textOf("claims_silent"), inFact);
  return make("tr", {}, head, ...values.map((value) => make("td", {}, value)));
}

// Two values with their hashes cut short, as long as that leaves them different.
function inShort(...values) {
  const short = values.map((value) => value.replace(/[0-9a-f]{64}/g, (hash) => `${hash.slice(0, 8)}…`));
  return short[0] === short[1] ? values : short;
}

function fillQuestion() {
  const chosen = verdict.checkpoint ?? page.shown?.sha256 ?? page.list.default;
  fillCheckpoints($(".ask-checkpoint"), page.list, chosen, { raw: true });
  $(".ask-seed").value ||= verdict.seed ?? "";
  $(".ask-psi").value ||= verdict.psi ?? 1;
}

ask.addEventListener("submit", (event) => {
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
