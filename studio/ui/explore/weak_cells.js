// The five weakest pictures of the tile, outlined on the screen where somebody asks for it, and the tile's diversity.
const weakestSwitch = $(".show-weakest");
let weakest = null; // {sha256, seed, psi, cells, diversity, usual} of the tile that was looked at last

function showWeakest() {
  const wanted = weakestSwitch.checked && race.shown !== null;
  const known = wanted && same(weakest, race.shown);
  $(".weakest").hidden = !wanted;
  $(".weakest").setAttribute("aria-busy", String(wanted && !known));
  $(".tile-marks").replaceChildren(...(known ? weakest.cells.map(race.cellMark) : []));
  $(".weakest-cells").hidden = !known;
  $(".weakest-cells").replaceChildren(...(known ? weakest.cells.map(weakestButton) : []));
  $(".weakest-words").textContent = race.text(known ? "weakest_words" : "weakest_waiting");
  const values = known ? { diversity: weakest.diversity.toFixed(2), usual: weakest.usual.toFixed(2) } : {};
  $(".weakest-diversity").textContent = known ? race.text("weakest_diversity", values) : "";
}

function weakestButton(cell) {
  const button = Object.assign(document.createElement("button"), { type: "button", textContent: cell });
  button.setAttribute("aria-label", race.text("weakest_cell", race.placeOf(cell)));
  button.addEventListener("click", () => openCell(cell));
  return button;
}

// An answer for a tile that is shown no longer is left alone: the next one was asked for.
async function lookForWeakest() {
  showWeakest();
  const tileAsked = race.shown;
  if (!weakestSwitch.checked || tileAsked === null || race.tab !== "explore" || same(weakest, tileAsked)) return;
  const answer = await race.ask(server.weakest, { ...wishOf(tileAsked), visitor });
  if (!same(tileAsked, race.shown) || answer.superseded) return;
  if (answer.error) {
    weakestSwitch.checked = false;
    showProblem(answer.error);
  } else weakest = { ...wishOf(tileAsked), ...answer };
  showWeakest();
}

function switchWeakest() {
  weakestSwitch.checked = !weakestSwitch.checked;
  lookForWeakest();
}

weakestSwitch.addEventListener("change", lookForWeakest);
for (const name of ["ganrace:shown", "race:tab"]) document.addEventListener(name, lookForWeakest);
race.keys.register("explore", { weakest_switch: switchWeakest });
race.onLanguage(element, showWeakest);
