// What is chosen: the seeds of the pair, the walk and the pad, the sliders, directions and styles.

import * as localFavourites from "../shared/local_favourites.js";
import { parseSeed } from "../shared/parsers.js";
import { openSeed } from "../shared/tabs.js";
import { textOf } from "../shared/texts.js";
import { $, $$, state } from "./context.js";
import { changed } from "./drawing.js";
import { clampPosition, styles } from "./request.js";
import { AMOUNTS, MOST_STOPS } from "./url_words.js";
import { showProblem, stopPlaying } from "./words.js";

/** @typedef {HTMLInputElement} Input */

export function showSeeds() {
  $(".seed-a").value = state.pair[0];
  $(".seed-b").value = state.pair[1];
  for (const [index, input] of $$(".corner").entries()) input.value = state.corners[index];
  if (state.mix) $(".mix-seed").value = state.mix.seed;
  $(".stops").replaceChildren(...state.stops.map(stopRow));
}

const favourites = () => [
  ...new Set(
    localFavourites
      .all()
      .filter((one) => one.sha256 === state.sha256)
      .map((one) => one.seed),
  ),
];

export function showFavourites() {
  $("#morph-favourites").replaceChildren(...favourites().map((seed) => new Option(String(seed), String(seed))));
  $(".add-favourites").hidden = favourites().every((seed) => state.stops.includes(seed));
}

/**
 * A seed as it is typed goes to `take`; anything else is refused with the sentence, and the old one comes back.
 * @param {Input} input
 * @param {(seed: number) => unknown} take
 */
function onSeed(input, take) {
  input.addEventListener("change", () => {
    const seed = parseSeed(input.value);
    if (seed === null) {
      showProblem({ code: "error_seed", values: { value: input.value } });
      showSeeds();
      return;
    }
    showProblem(null);
    take(seed);
    showSeeds();
    changed();
  });
}
onSeed($(".seed-a"), (seed) => (state.pair[0] = seed));
onSeed($(".seed-b"), (seed) => (state.pair[1] = seed));
for (const [index, input] of $$(".corner").entries()) onSeed(input, (seed) => (state.corners[index] = seed));
onSeed($(".mix-seed"), (seed) => (state.mix = { from: 0, ...state.mix, seed }));

// The walk: a list of seeds in an order that can be changed with buttons or by dragging.
/** @type {number | null} */
let dragged = null;
/**
 * @param {number} seed
 * @param {number} index
 */
function stopRow(seed, index) {
  const row = Object.assign(document.createElement("li"), { draggable: true });
  const thumb = localFavourites.find({ sha256: state.sha256 ?? "", seed, psi: 1 })?.thumb;
  if (thumb) row.append(stopOpener(seed, thumb));
  row.append(Object.assign(document.createElement("span"), { textContent: textOf("morph_stop", { seed }) }));
  /** @type {[string, string, () => void][]} */
  const buttons = [
    ["morph_stop_up", "↑", () => moveStop(index, index - 1)],
    ["morph_stop_down", "↓", () => moveStop(index, index + 1)],
    ["morph_stop_remove", "×", () => setStops(state.stops.toSpliced(index, 1))],
  ];
  for (const [label, sign, act] of buttons) {
    const button = Object.assign(document.createElement("button"), { type: "button", textContent: sign, onclick: act });
    button.setAttribute("aria-label", textOf(label, { seed }));
    button.disabled =
      (label === "morph_stop_up" && index === 0) || (label === "morph_stop_down" && index === state.stops.length - 1);
    row.append(button);
  }
  row.addEventListener("dragstart", () => (dragged = index));
  row.addEventListener("dragover", (event) => event.preventDefault());
  row.addEventListener("drop", (event) => {
    event.preventDefault();
    if (dragged !== null && dragged !== index) moveStop(dragged, index);
    dragged = null;
  });
  return row;
}

/**
 * The thumbnail of a stop: a click shows its tile in Explore.
 * @param {number} seed
 * @param {string} thumb
 */
function stopOpener(seed, thumb) {
  const button = Object.assign(document.createElement("button"), { type: "button", className: "open-stop" });
  const words = `${textOf("morph_open_in_explore")}: ${textOf("morph_stop", { seed })}`;
  button.setAttribute("aria-label", words);
  button.title = words;
  button.append(Object.assign(new Image(40, 40), { src: thumb, alt: "", draggable: false }));
  button.addEventListener("click", () => openSeed({ sha256: state.sha256 ?? "", seed }));
  return button;
}

/**
 * @param {number} from
 * @param {number} to
 */
function moveStop(from, to) {
  const without = state.stops.toSpliced(from, 1);
  setStops(without.toSpliced(to, 0, state.stops[from]));
}

/** @param {number[]} stops */
function setStops(stops) {
  state.stops = stops;
  clampPosition();
  showSeeds();
  showFavourites();
  changed();
}

/** @param {number[]} added */
function addStops(added) {
  if (state.stops.length + added.length > MOST_STOPS) {
    showProblem({ code: "error_stops", values: { most: MOST_STOPS } });
    return;
  }
  showProblem(null);
  setStops([...state.stops, ...added]);
}

$(".add-stop").addEventListener("submit", (/** @type {Event} */ event) => {
  event.preventDefault();
  const seed = parseSeed($(".new-stop").value);
  if (seed === null) return showProblem({ code: "error_seed", values: { value: $(".new-stop").value } });
  $(".new-stop").value = "";
  addStops([seed]);
});
$(".add-favourites").addEventListener("click", () => {
  const absent = favourites().filter((seed) => !state.stops.includes(seed));
  addStops(absent.slice(0, Math.max(MOST_STOPS - state.stops.length, 1)));
});

/**
 * Sliders: "input" while they move, "change" on release.
 * @param {Input} input
 * @param {(value: number) => unknown} take
 */
function onSlide(input, take) {
  input.addEventListener("input", () => {
    take(Number(input.value));
    changed(false);
  });
  input.addEventListener("change", () => changed());
}
onSlide($(".position"), (value) => {
  stopPlaying();
  state.position = value;
});
onSlide($(".psi"), (value) => (state.psi = value));

for (let index = 0; index < AMOUNTS; index += 1) {
  const field = Object.assign(document.createElement("label"), { className: "field slide" });
  const input = Object.assign(document.createElement("input"), { type: "range", min: -3, max: 3, step: 0.1, value: 0 });
  field.append(document.createElement("span"), input);
  $(".amounts").append(field);
  onSlide(input, (value) => (state.amounts = state.amounts.with(index, value)));
}

$(".reset").addEventListener("click", () => {
  state.amounts = Array(AMOUNTS).fill(0);
  changed();
});
$(".method").addEventListener("change", () => {
  state.method = $(".method").value;
  state.amounts = Array(AMOUNTS).fill(0); // the same number is another direction now
  changed();
});
$(".way").addEventListener("change", () => {
  state.way = $(".way").value;
  changed();
});
$(".closed").addEventListener("change", () => {
  state.closed = $(".closed").checked;
  clampPosition();
  changed();
});
for (const radio of $$(".modes input")) {
  radio.addEventListener("change", () => {
    stopPlaying();
    state.mode = radio.value;
    if (state.mode === "walk" && state.stops.length === 0) state.stops = firstStops();
    clampPosition();
    showSeeds();
    showFavourites();
    changed();
  });
}
export const firstStops = () => {
  const own = favourites().slice(0, MOST_STOPS);
  return own.length > 1 ? own : [...state.pair];
};

$(".mix").addEventListener("change", () => {
  state.mix = $(".mix").checked ? { seed: state.pair[1], from: Math.floor(styles() / 2) } : null;
  if (state.mix) $(".mix-from").value = state.mix.from;
  showSeeds();
  changed();
});
$(".mix-from").addEventListener("change", () => {
  state.mix = { seed: 0, ...state.mix, from: Number($(".mix-from").value) };
  changed();
});

// The pad: pointer or arrow keys; the corners are the seeds themselves.
/** @type {Map<string, [number, number]>} */
const STEPS = new Map([
  ["ArrowLeft", [-1, 0]],
  ["ArrowRight", [1, 0]],
  ["ArrowUp", [0, -1]],
  ["ArrowDown", [0, 1]],
]);
const inUnit = (/** @type {number} */ value) => Math.min(Math.max(value, 0), 1);
/** @param {PointerEvent} event */
function movePad(event) {
  const box = $(".pad").getBoundingClientRect();
  state.x = inUnit(Number(((event.clientX - box.left) / box.width).toFixed(3))); // as the link has it
  state.y = inUnit(Number(((event.clientY - box.top) / box.height).toFixed(3)));
  changed(false);
}
$(".pad").addEventListener("pointerdown", (/** @type {PointerEvent} */ event) => {
  $(".pad").setPointerCapture(event.pointerId);
  movePad(event);
});
$(".pad").addEventListener(
  "pointermove",
  (/** @type {PointerEvent} */ event) => $(".pad").hasPointerCapture(event.pointerId) && movePad(event),
);
$(".pad").addEventListener("pointerup", () => changed());
$(".pad").addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
  const by = STEPS.get(event.key);
  if (by === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  const step = event.shiftKey ? 0.25 : 0.05;
  state.x = inUnit(Math.round((state.x + by[0] * step) * 100) / 100);
  state.y = inUnit(Math.round((state.y + by[1] * step) * 100) / 100);
  changed();
});
