import { callServer } from "../shared/api.js";
import { cellMark } from "../shared/cells.js";
import { fillCheckpoints } from "../shared/checkpoint_list.js";
import { findCheckpoint } from "../shared/checkpoints.js";
import { make } from "../shared/dom.js";
import { onFileChosen, onFileDropped, readFile } from "../shared/file_input.js";
import { refreshList } from "../shared/listing.js";
import { componentOf } from "../shared/mount.js";
import { page } from "../shared/page_state.js";
import { parseSeed, parseTypedPsi } from "../shared/parsers.js";
import { claimText, hasText, onLanguage, textOf, weightsText } from "../shared/texts.js";
import { visitor } from "../shared/visitor.js";
import { setUpAdding } from "./add_missing.js";
import { runsOf } from "./runs.js";

const { element, server } = componentOf("verify/tab.js");

const $ = (selector) => element.querySelector(selector);
const [drop, input, status, ask] = [".drop", ".file", ".status", ".ask"].map($);

let file = null; // {base64, url} of the picture that is checked
let verdict = null;
let asked = false; // whether the verdict is on what was asked here, not on what the file says
let line = null; // what the status line says: {key, values}

function showLine(next) {
  line = next;
  status.hidden = next === null;
  status.textContent = next === null ? "" : textOf(next.key, next.values);
}

async function take(chosen) {
  if (file) URL.revokeObjectURL(file.url);
  file = verdict = null;
  for (const field of [".ask-seed", ".ask-psi"]) $(field).value = "";
  showVerdict();
  const { base64, error } = await readFile(chosen);
  if (error) return showLine({ key: error.code, values: error.values });
  file = { base64, url: URL.createObjectURL(chosen), name: chosen.name };
  check({});
}

async function check(claim) {
  const checked = file;
  showLine({ key: "verifying" });
  const asking = callServer(server.verify_tile, { file: file.base64, ...claim, visitor });
  const [answer] = await Promise.all([asking, refreshList()]);
  if (checked !== file) return;
  if (answer.error) {
    showLine({ key: answer.error.code, values: answer.error.values });
    return;
  }
  showLine(null);
  verdict = answer.verdict;
  asked = "sha256" in claim;
  showVerdict();
}

const showAdding = setUpAdding($(".add-here"), () => file !== null && check({}));

function showVerdict() {
  showAdding(verdict);
  $(".verdict").hidden = verdict === null;
  ask.hidden = verdict === null || !(ASKING.has(verdict.reason) || (asked && !verdict.outcome.startsWith("pass")));
  if (verdict === null) return;
  $(".verified").src = file.url;
  $(".verified").alt = textOf("verified_alt");
  $(".preview").hidden = unreadable(verdict.reason);
  $(".outcome").textContent = textOf(`verdict_${verdict.outcome}`);
  $(".outcome").dataset.outcome = verdict.outcome;
  $(".sentence").textContent = sentence();
  $(".cells").textContent = verdict.cells.length
    ? textOf("differing_cells", { cells: runsOf(verdict.cells).map(runText).join(", ") })
    : "";
  $(".marks").replaceChildren(...verdict.cells.map(cellMark));
  showFacts();
  showClaims();
  if (!ask.hidden) fillQuestion();
}

const ASKING = new Set(["no_manifest", "bad_manifest", "bad_seed", "unknown_checkpoint"]);
const UNREADABLE = new Set(["not_an_image", "damaged", "file_too_large", "run_length_too_large"]);
const unreadable = (reason) => UNREADABLE.has(reason) || reason.startsWith("too_");

function sentence() {
  const { names, more, chunks, colour, pixels } = verdict.values;
  const words = {
    chunks: names ? chunkText(names, more) : chunks,
    pixels: colour ? textOf(`colour_${colour}`) : pixels,
  };
  const remarks = verdict.remarks.map(({ code, values }) => textOf(`remark_${code}`, values));
  const said = [textOf(`reason_${verdict.reason}`, { ...verdict.values, ...words }), ...remarks].join("");
  return verdict.claims.length ? said + textOf("reason_false_claims") : said;
}

// Rising numbers as "3, 7 to 12"; two that follow each other are no range.
const runText = (run) => (run.length > 2 ? textOf("cell_range", { first: run[0], last: run.at(-1) }) : run.join(", "));

// The chunks of a PNG with what they do, and dots where there are more.
function chunkText(names, more) {
  const named = names.map(
    (name) => `${name} (${textOf(hasText(`chunk_${name}`) ? `chunk_${name}` : "chunk_unknown")})`,
  );
  return [...named, ...(more > 0 ? ["..."] : [])].join(", ");
}

function showFacts() {
  const name = verdict.checkpoint ? findCheckpoint(page.list, verdict.checkpoint)?.name : undefined;
  const rows = [
    ["file", file.name],
    ["checkpoint", verdict.checkpoint && [name, verdict.checkpoint.slice(0, 8)].filter(Boolean).join(" · ")],
    ["weights", weightsText(verdict)],
    ["seed", verdict.seed],
    ["verify_psi", verdict.psi === 1 ? null : verdict.psi],
    ["largest_difference", verdict.largest === null ? null : textOf("levels", { levels: verdict.largest })],
    ["differing_share", verdict.share === null ? null : `${(verdict.share * 100).toFixed(4)} %`],
  ].filter(([, value]) => value !== null && value !== undefined && value !== "");
  $(".facts").replaceChildren(
    ...rows.flatMap(([key, value]) => [
      Object.assign(document.createElement("dt"), { textContent: textOf(key) }),
      Object.assign(document.createElement("dd"), { textContent: value }),
    ]),
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

onFileChosen(input, take);
onFileDropped(drop, take, (over) => drop.classList.toggle("over", over));

// A file that another tab hands over.
function takeHanded() {
  const handed = page.toVerify;
  page.toVerify = null;
  if (handed) take(handed);
}
document.addEventListener("race:tab", takeHanded);

onLanguage(element, () => {
  showLine(line);
  showVerdict();
});
takeHanded();
