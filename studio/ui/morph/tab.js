import { callServer } from "../shared/api.js";
import { factNodes } from "../shared/checkpoint_facts.js";
import { announce, jpegUrl } from "../shared/dom.js";
import * as seenSeeds from "../shared/seen_seeds.js";
import { submissionStatus } from "../shared/submission_status.js";
import { errorText, onLanguage, textOf, weightsText } from "../shared/texts.js";
import * as urlState from "../shared/url_state.js";
import { visitor } from "../shared/visitor.js";
import { $, $$, FRAME_MS, element, props, server, state, still, stylesOf, view } from "./context.js";
import { showSeeds } from "./endpoints.js";
import { fillStyles, showSelect, takeSeed } from "./generator_options.js";
import { lens } from "./lightbox.js";
import "./playback.js";
import { tellLink } from "./url_state.js";
import { METHOD_NAMES } from "./url_words.js";
import { showFilm, showFilmOptions } from "./video_export.js";

const narrow = matchMedia("(max-width: 860px)");

export const styles = () => stylesOf.get(state.sha256) ?? 0;
export const seeds = () => (state.mode === "pair" ? state.pair : state.stops);
export const isWalk = () => state.mode !== "pad" && seeds().length > 1;
// A slider over two seeds ends at the second; over a closed walk it comes back to the first. One seed alone is itself.
export const end = () => (isWalk() ? seeds().length - (state.mode === "walk" && state.closed ? 0 : 1) : 0);
export function clampPosition() {
  if (state.mode !== "pad") state.position = Math.min(state.position, end());
}

function where() {
  if (state.mode === "pad") return { kind: "pad", seeds: [...state.corners], x: state.x, y: state.y };
  return { kind: "walk", seeds: [...seeds()], position: state.position, closed: state.closed, way: state.way };
}

export function request() {
  const { sha256, psi, method, amounts, mix } = state;
  return {
    sha256,
    visitor,
    where: where(),
    psi,
    method,
    amounts,
    mix_seed: mix?.seed ?? null,
    mix_from: mix?.from ?? 0,
  };
}

export const drawable = () =>
  state.sha256 !== null && urlState.wrong() === null && (state.mode === "pad" || seeds().length > 0);

export function showProblem(error) {
  view.problem = error;
  $(".morph-status").hidden = error === null;
  $(".morph-status").textContent = error === null ? "" : errorText(error);
}

export function fail(error) {
  showProblem(error);
  if (error.code === "error_connection") view.lost = error;
}

// Show what is wished last; wishes in between are skipped. `isShown` tells when there is nothing to do.
function follower(wanted, isShown, draw, pause) {
  let busy = false;
  return async () => {
    if (busy) return;
    busy = true;
    while (wanted() && !isShown(JSON.stringify(request()))) {
      const wish = request();
      const start = performance.now();
      const answer = await draw(wish);
      if (answer.superseded) continue;
      if (answer.error) {
        if (JSON.stringify(wish) !== JSON.stringify(request())) continue;
        fail(answer.error);
        break;
      }
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, pause - (performance.now() - start))));
    }
    busy = false;
  };
}

export const followStrip = follower(drawable, (key) => key === view.stripKey, drawStrip, FRAME_MS);

// Strips are shown in the order in which they were asked for: one that comes after a later one is passed over. What
// kept one from coming is said until the next one comes.
let stripError = null;
let isStripPreview = false; // which is said below it
let [stripsAsked, stripShown] = [0, 0];
export async function drawStrip(wish) {
  const number = ++stripsAsked;
  const answer = await callServer(server.morph_strip, { ...wish, columns: narrow.matches ? 4 : 8 });
  if (answer.error) stripError = answer.error;
  if (answer.error || answer.superseded || number < stripShown) return answer;
  stripShown = number;
  if (view.problem === stripError) showProblem(null);
  $(".strip").src = jpegUrl(answer.jpeg);
  await $(".strip")
    .decode()
    .catch(() => undefined);
  if (number < stripShown) return answer;
  view.stripKey = JSON.stringify(wish);
  isStripPreview = answer.preview;
  showWords();
  return answer;
}

export const followTile = follower(
  () => view.settled !== null && drawable() && view.settled === JSON.stringify(request()),
  (key) => key === view.shown?.key,
  async (wish) => {
    $(".morph-stage").classList.add("waiting");
    const answer = await callServer(server.morph_tile, wish);
    $(".morph-stage").classList.remove("waiting");
    if (!answer.error && !answer.superseded) await showTile(answer, wish);
    return answer;
  },
  0,
);

async function showTile(answer, wish) {
  const url = jpegUrl(answer.jpeg);
  const decoded = new Image();
  decoded.src = url;
  await decoded.decode();
  $(".morph-tile").src = url;
  const { jpeg, ...facts } = answer;
  view.shown = { ...facts, wish, key: JSON.stringify(wish) };
  if (view.shown.departures.length === 0) seenSeeds.add({ sha256: view.shown.sha256, seed: view.shown.nearest });
  $(".morph-button").disabled = false;
  showProblem(null);
  showWords();
  announce($(".badge").textContent);
}

// While a slider moves only the strip follows; on release the whole tile does.
export function changed(final = true) {
  urlState.dropWrong();
  follow(final);
}

export function follow(final = true) {
  showControls();
  if (!drawable()) showWords(); // with which no tile will come
  followStrip();
  if (!final) return;
  view.settled = JSON.stringify(request());
  followTile();
  tellLink();
}

// The strip is ahead of the tile: what is said of the tile is not true of the strip.
const isPending = () => drawable() && view.stripKey !== null && view.shown !== null && view.stripKey !== view.shown.key;

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

// What was done to a place on its way through the generator, to stand after its words.
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

export const psiText = (psi) => (psi === 1 ? "" : textOf("morph_psi_is", { psi }));

/** @returns {import("../shared/checkpoint_facts.js").Fact[]} */
const drawingFacts = ({ sha256, weights, seconds, device }) => [
  ["caption_hash", sha256.slice(0, 8)],
  ["caption_weights", weightsText({ weights })],
  ["caption_time", textOf("caption_seconds", { seconds: seconds.toFixed(2) })],
  ["caption_device", device],
  ["caption_precision", "float32"],
];

export function showWords() {
  $(".badge").hidden = view.shown === null;
  $(".morph-caption").textContent = "";
  $(".caption-more").hidden = view.shown === null;
  $(".morph-tile").alt = $(".strip").alt = textOf("no_tile_alt");
  showTools();
  showStripWords();
  if (view.shown === null) return;
  const pure = view.shown.departures.length === 0;
  const pending = isPending();
  showBadge(pure, pending);
  const isBetween = view.shown.departures.includes("between");
  const place = isBetween ? placeText(view.shown.wish) : textOf("morph_place_seed", { seed: view.shown.nearest });
  const changes = changesText(view.shown.wish, view.shown.departures.includes("mixing"));
  const values = { place, changes, psi: psiText(view.shown.psi), name: view.shown.name };
  const raw = view.shown.weights === "raw" ? ` · ${weightsText(view.shown)}` : "";
  $(".morph-caption").textContent = textOf("morph_caption", values) + raw;
  $(".caption-facts").replaceChildren(...factNodes(drawingFacts(view.shown)));
  $(".morph-tile").alt = textOf("morph_alt", values);
  $(".strip").alt = textOf("morph_strip_alt");
}

// Of a pure seed the badge says what Explore says of its tile.
function showBadge(pure, pending) {
  const { legal, words } = pure ? submissionStatus(view.shown) : { legal: false };
  const reasons = view.shown.departures
    .map((one) => textOf(`morph_departure_${one}`))
    .join(textOf("morph_departure_and"));
  const key = pending ? "morph_badge_pending" : pure ? "morph_badge_pure" : "morph_badge_exploration";
  $(".badge").textContent = textOf(key, { seed: view.shown.nearest, words, reasons });
  $(".badge").classList.toggle("pure", legal && !pending);
}

const showStripWords = () => ($(".strip-words").hidden = !isStripPreview || !drawable());

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

$(".no-data").hidden = props.copies;

onLanguage(element, () => {
  showSelect();
  showFilmOptions();
  fillStyles();
  showSeeds();
  showControls();
  showWords();
  lens.showWords();
  showFilm();
  showProblem(view.problem);
});
takeSeed();
