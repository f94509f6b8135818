const race = window.ganRace;
const $ = (selector) => element.querySelector(selector);
const status = $(".status");
const { visitor } = race;
let busy = false;
let outcome = null; // what the status line says: {key, values, failed}

function showOutcome(next) {
  outcome = next;
  status.hidden = next === null;
  status.textContent = next === null ? "" : race.text(next.key, next.values);
  status.classList.toggle("failed", next?.failed ?? false);
}

function showWords() {
  const shown = race.shown;
  $(".preview").hidden = $(".rules").hidden = shown === null;
  showOutcome(outcome);
  showDownload();
  if (shown === null) return;
  const hash = shown.sha256.slice(0, 8);
  $(".export-tile").src = shown.picture;
  $(".export-tile").alt = race.text("tile_alt", shown);
  $(".export-caption").textContent = [race.tileWords(shown), hash, race.weightsText(shown), race.previewText(shown)].filter(Boolean).join(" · ");
  $(".rule-seed").textContent = race.text("rule_seed", shown);
  $(".rule-psi").textContent = race.text(shown.psi === 1 ? "rule_no_psi" : "rule_psi", shown);
  $(".rule-weights").textContent = race.text(WEIGHTS_RULES[shown.weights] ?? "rule_weights", { hash });
}
const WEIGHTS_RULES = { averaged: "rule_weights_averaged", raw: "rule_weights_raw" };

// Why there is nothing to download, beside the button that is off then.
function showDownload() {
  const { legal, words } = race.shown === null ? { legal: false, words: race.text("nothing_to_export") } : race.legality(race.shown);
  $(".download").disabled = busy || !legal;
  $(".why-not").hidden = legal;
  $(".why-not").textContent = legal ? "" : words;
}

function setBusy(on) {
  busy = on;
  showDownload();
}

$(".download").addEventListener("click", async () => {
  const { sha256, seed, psi } = race.shown;
  setBusy(true);
  showOutcome({ key: "exporting" });
  const looked_at = race.looked.count(sha256) || null;
  const answer = await race.ask(server.export_tile, { sha256, seed, psi, looked_at, visitor });
  setBusy(false);
  if (answer.error) return showOutcome({ key: answer.error.code, values: answer.error.values, failed: true });
  const blob = race.toBlob(answer.png, "image/png");
  race.save(blob, answer.file);
  showOutcome({ key: "exported", values: { file: answer.file, megabytes: (blob.size / 1e6).toFixed(1) } });
  $(".manifest").hidden = false;
  $(".manifest pre").textContent = JSON.stringify(answer.manifest, null, 2);
});

document.addEventListener("ganrace:shown", () => {
  $(".manifest").hidden = true;
  showOutcome(null);
  showWords();
});
document.addEventListener("race:list", showWords);
race.onLanguage(element, showWords);
race.legalBadge($(".legal"));
