const race = window.ganRace;
const $ = (selector) => element.querySelector(selector);
const [drop, input, status, ask] = [".drop", ".file", ".status", ".ask"].map($);

let file = null; // {base64, url} of the picture that is checked
let verdict = null;
let list = null;
let line = null; // what the status line says: {key, values}

function showLine(next) {
  line = next;
  status.hidden = next === null;
  status.textContent = next === null ? "" : race.text(next.key, next.values);
}

async function take(chosen) {
  if (file) URL.revokeObjectURL(file.url);
  file = verdict = null;
  showVerdict();
  const { base64, error } = await race.files.read(chosen);
  if (error) return showLine({ key: error.code, values: error.values });
  file = { base64, url: URL.createObjectURL(chosen), name: chosen.name };
  check({});
}

async function check(claim) {
  const checked = file;
  showLine({ key: "verifying" });
  const answer = await race.ask(server.verify_tile, { file: file.base64, ...claim });
  if (checked !== file) return;
  if (answer.error) {
    showLine({ key: answer.error.code, values: answer.error.values });
    return;
  }
  showLine(null);
  verdict = answer.verdict;
  list = answer.list;
  showVerdict();
}

function showVerdict() {
  $(".verdict").hidden = verdict === null;
  ask.hidden = verdict === null || !ASKING.has(verdict.reason);
  if (verdict === null) return;
  $(".verified").src = file.url;
  $(".verified").alt = race.text("verified_alt");
  $(".preview").hidden = UNREADABLE.has(verdict.reason);
  $(".outcome").textContent = race.text(`verdict_${verdict.outcome}`);
  $(".outcome").dataset.outcome = verdict.outcome;
  $(".sentence").textContent = sentence();
  $(".cells").textContent = verdict.cells.length ? race.text("differing_cells", { cells: verdict.cells.join(", ") }) : "";
  $(".marks").replaceChildren(...verdict.cells.map(race.cellMark));
  showFacts();
  if (!ask.hidden) fillQuestion();
}

const ASKING = new Set(["no_manifest", "bad_manifest", "bad_seed", "unknown_checkpoint"]);
const UNREADABLE = new Set(["not_an_image", "damaged", "file_too_large", "too_many_pixels"]);

function sentence() {
  const said = race.text(`reason_${verdict.reason}`, verdict.values);
  return verdict.claims.length ? said + race.text("reason_false_claims", { claims: verdict.claims.join(", ") }) : said;
}

function showFacts() {
  const name = verdict.checkpoint ? race.find(list, verdict.checkpoint)?.name : undefined;
  const rows = [
    ["file", file.name],
    ["checkpoint", verdict.checkpoint && [name, verdict.checkpoint.slice(0, 8)].filter(Boolean).join(" · ")],
    ["weights", race.weightsText(verdict)],
    ["seed", verdict.seed],
    ["largest_difference", verdict.largest === null ? null : race.text("levels", { levels: verdict.largest })],
    ["differing_share", verdict.share === null ? null : `${(verdict.share * 100).toFixed(4)} %`],
    ["notes", verdict.notes.join(", ")],
  ].filter(([, value]) => value !== null && value !== undefined && value !== "");
  $(".facts").replaceChildren(
    ...rows.flatMap(([key, value]) => [
      Object.assign(document.createElement("dt"), { textContent: race.text(key) }),
      Object.assign(document.createElement("dd"), { textContent: value }),
    ]),
  );
}

function fillQuestion() {
  const chosen = verdict.checkpoint ?? race.shown?.sha256 ?? list.default;
  race.fillCheckpoints($(".ask-checkpoint"), list, chosen);
  $(".ask-seed").value ||= verdict.seed ?? "";
}

ask.addEventListener("submit", (event) => {
  event.preventDefault();
  const seed = race.parseSeed($(".ask-seed").value);
  if (seed === null) showLine({ key: "error_seed", values: { value: $(".ask-seed").value } });
  else check({ sha256: $(".ask-checkpoint").value, seed });
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
