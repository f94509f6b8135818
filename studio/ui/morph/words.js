// What is said of the tile and of the strip, and the controls as they are.

import { factNodes } from "../shared/checkpoint_facts.js";
import { submissionStatus } from "../shared/submission_status.js";
import { errorText, textOf, weightsText } from "../shared/texts.js";
import { $, $$, state, still, stylesOf, view } from "./context.js";
import { drawable, end, isWalk, styles } from "./request.js";
import { METHOD_NAMES } from "./url_words.js";

/** @import { MorphTileReply } from "../protocol.d.ts" */
/** @import { Fact } from "../shared/checkpoint_facts.js" */
/** @import { ProgramError } from "../shared/types.d.ts" */
/** @import { MorphRequest } from "./types.d.ts" */

/** @param {ProgramError | null} error */
export function showProblem(error) {
  view.problem = error;
  $(".morph-status").hidden = error === null;
  $(".morph-status").textContent = error === null ? "" : errorText(error);
  showFirstWait();
}

// The strip is ahead of the tile: what is said of the tile is not true of the strip.
const isPending = () => drawable() && view.stripKey !== null && view.shown !== null && view.stripKey !== view.shown.key;

/** @param {MorphRequest} asked */
function placeText({ where: place }) {
  if (place.kind === "pad") {
    const [x, y] = [place.x, place.y].map((value) => value.toFixed(2));
    return textOf("morph_place_pad", { seeds: place.seeds.join(", "), x, y });
  }
  const start = Math.min(Math.floor(place.position), place.seeds.length - 1);
  const next = place.seeds[(start + 1) % place.seeds.length];
  return textOf("morph_place_between", {
    a: place.seeds[start],
    b: next,
    t: (place.position - start).toFixed(3),
    way: place.way,
  });
}

/**
 * What was done to a place on its way through the generator, to stand after its words.
 * @param {MorphRequest} asked
 */
export function changesText({ sha256, method, amounts, mix_seed: seed, mix_from: from }, isMixed = seed !== null) {
  const moved = amounts.map((amount, index) => ({
    method: METHOD_NAMES[method],
    number: index + 1,
    sigma: `${amount > 0 ? "+" : ""}${amount.toFixed(1)}`,
  }));
  const words = moved.filter((_, index) => amounts[index] !== 0).map((one) => textOf("morph_change_direction", one));
  const [first, last] = [from + 1, stylesOf.get(sha256)];
  if (isMixed) words.push(textOf(first === last ? "morph_change_style" : "morph_change_styles", { first, last, seed }));
  return words.map((one) => textOf("morph_departure_and") + one).join("");
}

/** @param {number} psi */
export const psiText = (psi) => (psi === 1 ? "" : textOf("morph_psi_is", { psi }));

/**
 * @param {MorphTileReply} shown
 * @returns {Fact[]}
 */
const drawingFacts = ({ sha256, weights, seconds, device }) => [
  ["caption_hash", sha256.slice(0, 8)],
  ["caption_weights", weightsText({ weights })],
  ["caption_time", textOf("caption_seconds", { seconds: seconds.toFixed(2) })],
  ["caption_device", device],
  ["caption_precision", "float32"],
];

export function showWords() {
  $(".badge").hidden = view.shown === null;
  showFirstWait();
  $(".morph-caption").textContent = "";
  $(".caption-more").hidden = view.shown === null;
  $(".morph-tile").alt = $(".strip").alt = textOf("no_tile_alt");
  showTools();
  showStripWords();
  if (view.shown === null) return;
  const pure = view.shown.departures.length === 0;
  const pending = isPending();
  showBadge(view.shown, pure, pending);
  const isBetween = view.shown.departures.includes("between");
  const place = isBetween ? placeText(view.shown.asked) : textOf("morph_place_seed", { seed: view.shown.nearest });
  const changes = changesText(view.shown.asked, view.shown.departures.includes("mixing"));
  const values = { place, changes, psi: psiText(view.shown.psi), name: view.shown.name };
  const raw = view.shown.weights === "raw" ? ` · ${weightsText(view.shown)}` : "";
  $(".morph-caption").textContent = textOf("morph_caption", values) + raw;
  $(".caption-facts").replaceChildren(...factNodes(drawingFacts(view.shown)));
  $(".morph-tile").alt = textOf("morph_alt", values);
  $(".strip").alt = textOf("morph_strip_alt");
}

/**
 * Of a pure seed the badge says what Explore says of its tile.
 * @param {MorphTileReply} shown
 * @param {boolean} pure
 * @param {boolean} pending
 */
function showBadge(shown, pure, pending) {
  const { submittable, words = "" } = pure ? submissionStatus(shown) : { submittable: false };
  const reasons = shown.departures.map((one) => textOf(`morph_departure_${one}`)).join(textOf("morph_departure_and"));
  const key = pending ? "morph_badge_pending" : pure ? "morph_badge_pure" : "morph_badge_exploration";
  $(".badge").textContent = textOf(key, { seed: shown.nearest, words, reasons });
  $(".badge").classList.toggle("pure", submittable && !pending);
}

// Until the first tile, of which nothing can be said yet.
const showFirstWait = () =>
  ($(".first-tile").hidden = view.shown !== null || view.stripKey === null || view.problem !== null);

const showStripWords = () => ($(".strip-words").hidden = !view.isStripPreview || !drawable());

function showTools() {
  const pure = view.shown !== null && view.shown.departures.length === 0;
  $(".snap").hidden = view.shown === null || pure;
  $(".open-pure").hidden = !pure;
  if (view.shown !== null) $(".snap").textContent = textOf("morph_snap", { seed: view.shown.nearest });
}

// The controls of what does not apply are absent.
export function showControls() {
  $(".strip").hidden = !drawable();
  showStripWords();
  for (const mode of ["pair", "walk", "pad"]) $(`.panel-${mode}`).hidden = state.mode !== mode;
  for (const radio of $$(".modes input")) radio.checked = radio.value === state.mode;
  [$(".way").value, $(".method").value, $(".closed").checked] = [state.way, state.method, state.closed];
  $(".way-row").hidden = $(".film").hidden = !isWalk();
  $(".few-stops").hidden = isWalk();
  $(".position").max = Math.max(end(), 1);
  $(".position").value = state.position;
  $(".position-label").textContent = textOf(state.mode === "pair" ? "morph_slider_pair" : "morph_slider_walk", {
    t: state.position.toFixed(3),
  });
  $(".psi").value = state.psi;
  $(".psi-label").textContent = textOf("morph_psi_label", { psi: state.psi.toFixed(2) });
  for (const [index, input] of [...$$(".amounts input")].entries()) {
    input.value = state.amounts[index];
    input.previousElementSibling.textContent = textOf("morph_direction", {
      number: index + 1,
      sigma: state.amounts[index].toFixed(1),
    });
  }
  $(".reset").disabled = state.amounts.every((amount) => amount === 0);
  $(".mixing").hidden = styles() < 2;
  $(".mix").checked = state.mix !== null;
  $(".mix-row").hidden = state.mix === null;
  $(".play").hidden = still.matches;
  $(".play").textContent = textOf(view.playing ? "morph_pause" : "morph_play");
  $(".knob").style.left = `${100 * state.x}%`;
  $(".knob").style.top = `${100 * state.y}%`;
}

export function stopPlaying() {
  view.playing = false;
  $(".play").textContent = textOf("morph_play");
}
