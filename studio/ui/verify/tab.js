const race = window.ganRace;
const $ = (selector) => element.querySelector(selector);
const [drop, input, status, ask] = [".drop", ".file", ".status", ".ask"].map($);
const { visitor } = race;

let file = null; // {base64, url} of the picture that is checked
let verdict = null;
let asked = false; // whether the verdict is on what was asked here, not on what the file says
let line = null; // what the status line says: {key, values}

function showLine(next) {
  line = next;
  status.hidden = next === null;
  status.textContent = next === null ? "" : race.text(next.key, next.values);
}

async function take(chosen) {
  if (file) URL.revokeObjectURL(file.url);
  file = verdict = null;
  for (const field of [".ask-seed", ".ask-psi"]) $(field).value = "";
  showVerdict();
  const { base64, error } = await race.files.read(chosen);
  if (error) return showLine({ key: error.code, values: error.values });
  file = { base64, url: URL.createObjectURL(chosen), name: chosen.name };
  check({});
}

async function check(claim) {
  const checked = file;
  showLine({ key: "verifying" });
  const [answer] = await Promise.all([race.ask(server.verify_tile, { file: file.base64, ...claim, visitor }), race.refreshList()]);
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

function showVerdict() {
  $(".verdict").hidden = verdict === null;
  ask.hidden = verdict === null || !(ASKING.has(verdict.reason) || (asked && !verdict.outcome.startsWith("pass")));
  if (verdict === null) return;
  $(".verified").src = file.url;
  $(".verified").alt = race.text("verified_alt");
  $(".preview").hidden = unreadable(verdict.reason);
  $(".outcome").textContent = race.text(`verdict_${verdict.outcome}`);
  $(".outcome").dataset.outcome = verdict.outcome;
  $(".sentence").textContent = sentence();
  $(".cells").textContent = verdict.cells.length ? race.text("differing_cells", { cells: inRanges(verdict.cells) }) : "";
  $(".marks").replaceChildren(...verdict.cells.map(race.cellMark));
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
    pixels: colour ? race.text(`colour_${colour}`) : pixels,
  };
  const remarks = verdict.remarks.map(({ code, values }) => race.text(`remark_${code}`, values));
  const said = [race.text(`reason_${verdict.reason}`, { ...verdict.values, ...words }), ...remarks].join("");
  return verdict.claims.length ? said + race.text("reason_false_claims") : said;
}

// Rising numbers as "3, 7 to 12"; two that follow each other are no range.
function inRanges(cells) {
  const runs = [];
  for (const cell of cells) {
    const run = runs.at(-1);
    if (run && run.at(-1) === cell - 1) run.push(cell);
    else runs.push([cell]);
  }
  const written = (run) => (run.length > 2 ? race.text("cell_range", { first: run[0], last: run.at(-1) }) : run.join(", "));
  return runs.map(written).join(", ");
}

// The chunks of a PNG with what they do, and dots where there are more.
function chunkText(names, more) {
  const named = names.map((name) => `${name} (${race.text(race.has(`chunk_${name}`) ? `chunk_${name}` : "chunk_unknown")})`);
  return [...named, ...(more > 0 ? ["..."] : [])].join(", ");
}

function showFacts() {
  const name = verdict.checkpoint ? race.find(race.list, verdict.checkpoint)?.name : undefined;
  const rows = [
    ["file", file.name],
    ["checkpoint", verdict.checkpoint && [name, verdict.checkpoint.slice(0, 8)].filter(Boolean).join(" · ")],
    ["weights", race.weightsText(verdict)],
    ["seed", verdict.seed],
    ["verify_psi", verdict.psi === 1 ? null : verdict.psi],
    ["largest_difference", verdict.largest === null ? null : race.text("levels", { levels: verdict.largest })],
    ["differing_share", verdict.share === null ? null : `${(verdict.share * 100).toFixed(4)} %`],
  ].filter(([, value]) => value !== null && value !== undefined && value !== "");
  $(".facts").replaceChildren(
    ...rows.flatMap(([key, value]) => [
      Object.assign(document.createElement("dt"), { textContent: race.text(key) }),
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
  const head = race.make("th", { scope: "row" }, race.claimText(field));
  if (!lie) head.append(race.make("span", { className: "noted" }, race.text("claims_noted")));
  const inFact = found ?? (field === "weights" ? race.weightsText(verdict) : null) ?? race.text("claims_absent");
  const values = inShort(said ?? race.text("claims_silent"), inFact);
  return race.make("tr", {}, head, ...values.map((value) => race.make("td", {}, value)));
}

// Two values with their hashes cut short, as long as that leaves them different.
function inShort(...values) {
  const short = values.map((value) => value.replace(/[0-9a-f]{64}/g, (hash) => `${hash.slice(0, 8)}…`));
  return short[0] === short[1] ? values : short;
}

function fillQuestion() {
  const chosen = verdict.checkpoint ?? race.shown?.sha256 ?? race.list.default;
  race.fillCheckpoints($(".ask-checkpoint"), race.list, chosen, { raw: true });
  $(".ask-seed").value ||= verdict.seed ?? "";
  $(".ask-psi").value ||= verdict.psi ?? 1;
}

// A truncation as people type it, 1 where nothing is typed; anything but a number from 0 to 1 is null.
function parsePsi(text) {
  const digits = text.trim().replace(",", ".") || "1";
  return /^(\d+\.?\d*|\.\d+)$/.test(digits) && Number(digits) <= 1 ? Number(digits) : null;
}

ask.addEventListener("submit", (event) => {
  event.preventDefault();
  const seed = race.parseSeed($(".ask-seed").value);
  const psi = parsePsi($(".ask-psi").value);
  if (seed === null) showLine({ key: "error_seed", values: { value: $(".ask-seed").value } });
  else if (psi === null) showLine({ key: "error_psi", values: { value: $(".ask-psi").value } });
  else check({ sha256: $(".ask-checkpoint").value, seed, psi });
});

race.files.chosen(input, take);
race.files.dropped(drop, take, (over) => drop.classList.toggle("over", over));

// A file that another tab hands over.
function takeHanded() {
  const handed = race.toVerify;
  race.toVerify = null;
  if (handed) take(handed);
}
document.addEventListener("race:tab", takeHanded);

race.onLanguage(element, () => {
  showLine(line);
  showVerdict();
});
takeHanded();
