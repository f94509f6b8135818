const race = window.ganRace;
const $ = (selector) => element.querySelector(selector);
const status = $(".status");
let outcome = null; // what the status line says: {key, values, failed}

function showOutcome(next) {
  outcome = next;
  status.hidden = next === null;
  status.textContent = next === null ? "" : race.text(next.key, next.values);
  status.classList.toggle("failed", next?.failed ?? false);
}

function showWords() {
  const shown = race.shown;
  $(".nothing").hidden = shown !== null;
  $(".ready").hidden = shown === null;
  showOutcome(outcome);
  if (shown === null) return;
  const hash = shown.sha256.slice(0, 8);
  $(".export-tile").src = shown.picture;
  $(".export-tile").alt = race.text("tile_alt", shown);
  $(".export-caption").textContent = [race.tileWords(shown), hash, race.weightsText(shown)].filter(Boolean).join(" · ");
  $(".rule-weights").textContent = race.text(shown.weights === "raw" ? "rule_weights_raw" : "rule_weights", { hash });
}

$(".download").addEventListener("click", async () => {
  const { sha256, seed, psi } = race.shown;
  $(".download").disabled = true;
  showOutcome({ key: "exporting" });
  const answer = await race.ask(server.export_tile, { sha256, seed, psi, looked_at: race.looked.count(sha256) || null });
  $(".download").disabled = false;
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
race.onLanguage(element, showWords);
