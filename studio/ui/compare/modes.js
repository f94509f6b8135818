// How the tiles are shown: a mode of the wall, or the matrix.
const MODE = "compare_mode"; // how the browser keeps the mode that was chosen
const WALL_MODES = ["side", "flip", "slider"];
let wallMode = firstMode(); // to which a row of the matrix leads

// What was refused in one mode is no matter of another.
function setMode(next) {
  if (next !== mode) showProblem(null);
  mode = next;
  for (const radio of element.querySelectorAll(".modes input")) radio.checked = radio.value === mode;
  wallNode.dataset.mode = mode;
  $(".matrix-form").hidden = $(".matrix").hidden = mode !== "matrix";
  wallNode.hidden = $(".zoom").hidden = $(".lit-words").hidden = mode === "matrix";
  $(".seed-form").hidden = mode === "matrix";
  $(".blind").closest("label").hidden = mode === "matrix";
  race.link.set({ cmpmode: mode });
  if (mode === "matrix") return beginMatrix();
  wallMode = mode;
  race.link.set({ cmpseeds: null });
  stopMatrix();
  showPair();
  redraw();
  pump();
}

function chooseMode(next) {
  if (next === "matrix" && isHidden()) {
    race.say(race.text("compare_blind_matrix"));
    next = mode; // what was hidden stays so
  }
  if (next !== "matrix") race.keep.write(MODE, next);
  setMode(next);
}
for (const radio of element.querySelectorAll(".modes input")) radio.addEventListener("change", () => chooseMode(radio.value));

// A phone has no room for two tiles side by side: it begins with one in the place of the other.
function firstMode() {
  const kept = race.keep.read(MODE);
  if (WALL_MODES.includes(kept)) return kept;
  return matchMedia("(max-width: 860px)").matches ? "flip" : "side";
}

// The mode that the link names, for this visit only: nobody has chosen it here.
const linkedMode = () => [...WALL_MODES, "matrix"].find((one) => one === race.link.get("cmpmode"));
