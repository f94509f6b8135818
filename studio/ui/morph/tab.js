const race = window.ganRace;
const $ = (selector) => element.querySelector(selector);
const $$ = (selector) => [...element.querySelectorAll(selector)];
const { visitor } = race;
const FRAME_MS = 1000 / 15; // the strip follows a slider at most so often
const AMOUNTS = 8;
const METHOD_NAMES = { sefa: "SeFa", pca: "PCA" };
const MOST_STOPS = 12;
const WAYS = ["slerp", "lerp"];
const still = matchMedia("(prefers-reduced-motion: reduce)");
const narrow = matchMedia("(max-width: 860px)");

let list = race.list ?? props.list;
let problem = null; // the error on the screen
let lost = null; // the error of what could not be asked for; it is, once the program answers again
let shown = null; // what the tile shows: the answer, and the request that it answers
let stripKey = null; // the request that the strip shows
const stylesOf = new Map(); // how many a checkpoint has, by its hash

const state = {
  sha256: null,
  mode: "pair",
  pair: [0, 1],
  stops: [],
  corners: [0, 1, 2, 3],
  position: 0.5, // on the pair or the walk
  closed: true,
  way: "slerp",
  x: 0.5,
  y: 0.5,
  psi: 1,
  method: "sefa",
  amounts: Array(AMOUNTS).fill(0),
  mix: null, // {seed, from}
};

const styles = () => stylesOf.get(state.sha256) ?? 0;
const seeds = () => (state.mode === "pair" ? state.pair : state.stops);
const isWalk = () => state.mode !== "pad" && seeds().length > 1;
// A slider over two seeds ends at the second; over a closed walk it comes back to the first. One seed alone is itself.
const end = () => (isWalk() ? seeds().length - (state.mode === "walk" && state.closed ? 0 : 1) : 0);
function clampPosition() {
  if (state.mode !== "pad") state.position = Math.min(state.position, end());
}

function where() {
  if (state.mode === "pad") return { kind: "pad", seeds: [...state.corners], x: state.x, y: state.y };
  return { kind: "walk", seeds: [...seeds()], position: state.position, closed: state.closed, way: state.way };
}

function request() {
  const { sha256, psi, method, amounts, mix } = state;
  return { sha256, visitor, where: where(), psi, method, amounts, mix_seed: mix?.seed ?? null, mix_from: mix?.from ?? 0 };
}

const drawable = () => state.sha256 !== null && race.link.wrong() === null && (state.mode === "pad" || seeds().length > 0);

function showProblem(error) {
  problem = error;
  $(".morph-status").hidden = error === null;
  $(".morph-status").textContent = error === null ? "" : race.errorText(error);
}

function fail(error) {
  showProblem(error);
  if (error.code === "error_connection") lost = error;
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

const followStrip = follower(
  drawable,
  (key) => key === stripKey,
  drawStrip,
  FRAME_MS,
);

// Strips are shown in the order in which they were asked for: one that comes after a later one is passed over. What
// kept one from coming is said until the next one comes.
let stripError = null;
let isStripPreview = false; // which is said below it
let [stripsAsked, stripShown] = [0, 0];
async function drawStrip(wish) {
  const number = ++stripsAsked;
  const answer = await race.ask(server.morph_strip, { ...wish, columns: narrow.matches ? 4 : 8 });
  if (answer.error) stripError = answer.error;
  if (answer.error || answer.superseded || number < stripShown) return answer;
  stripShown = number;
  if (problem === stripError) showProblem(null);
  $(".strip").src = race.jpegUrl(answer.jpeg);
  await $(".strip").decode().catch(() => undefined);
  if (number < stripShown) return answer;
  stripKey = JSON.stringify(wish);
  isStripPreview = answer.preview;
  showWords();
  return answer;
}

let settled = null; // the request that a whole tile is wished for
const followTile = follower(
  () => settled !== null && drawable() && settled === JSON.stringify(request()),
  (key) => key === shown?.key,
  async (wish) => {
    $(".morph-stage").classList.add("waiting");
    const answer = await race.ask(server.morph_tile, wish);
    $(".morph-stage").classList.remove("waiting");
    if (!answer.error && !answer.superseded) await showTile(answer, wish);
    return answer;
  },
  0,
);

async function showTile(answer, wish) {
  const url = race.jpegUrl(answer.jpeg);
  const decoded = new Image();
  decoded.src = url;
  await decoded.decode();
  $(".morph-tile").src = url;
  const { jpeg, ...facts } = answer;
  shown = { ...facts, wish, key: JSON.stringify(wish) };
  if (shown.departures.length === 0) race.looked.add({ sha256: shown.sha256, seed: shown.nearest });
  $(".morph-button").disabled = false;
  showProblem(null);
  showWords();
  race.live($(".badge").textContent);
}

// While a slider moves only the strip follows; on release the whole tile does.
function changed(final = true) {
  race.link.dropWrong();
  follow(final);
}

function follow(final = true) {
  showControls();
  if (!drawable()) showWords(); // with which no tile will come
  followStrip();
  if (!final) return;
  settled = JSON.stringify(request());
  followTile();
  tellLink();
}

// The strip is ahead of the tile: what is said of the tile is not true of the strip.
const isPending = () => drawable() && stripKey !== null && shown !== null && stripKey !== shown.key;

function placeText({ where: place }) {
  if (place.kind === "pad") {
    const [x, y] = [place.x, place.y].map((value) => value.toFixed(2));
    return race.text("morph_place_pad", { seeds: place.seeds.join(", "), x, y });
  }
  const start = Math.min(Math.floor(place.position), place.seeds.length - 1);
  const next = place.seeds[(start + 1) % place.seeds.length];
  return race.text("morph_place_between", { a: place.seeds[start], b: next, t: (place.position - start).toFixed(3), way: place.way });
}

// What was done to a place on its way through the generator, to stand after its words.
function changesText({ sha256, method, amounts, mix_seed: seed, mix_from: from }, isMixed = seed !== null) {
  const moved = amounts.map((amount, index) => ({ method: METHOD_NAMES[method], number: index + 1, sigma: `${amount > 0 ? "+" : ""}${amount.toFixed(1)}` }));
  const words = moved.filter((_, index) => amounts[index] !== 0).map((one) => race.text("morph_change_direction", one));
  const [first, last] = [from + 1, stylesOf.get(sha256)];
  if (isMixed) words.push(race.text(first === last ? "morph_change_style" : "morph_change_styles", { first, last, seed }));
  return words.map((one) => race.text("morph_departure_and") + one).join("");
}

const psiText = (psi) => (psi === 1 ? "" : race.text("morph_psi_is", { psi }));

function showWords() {
  $(".badge").hidden = shown === null;
  $(".morph-caption").textContent = "";
  $(".morph-tile").alt = $(".strip").alt = race.text("no_tile_alt");
  showTools();
  showStripWords();
  if (shown === null) return;
  const pure = shown.departures.length === 0;
  const pending = isPending();
  showBadge(pure, pending);
  const isBetween = shown.departures.includes("between");
  const place = isBetween ? placeText(shown.wish) : race.text("morph_place_seed", { seed: shown.nearest });
  const changes = changesText(shown.wish, shown.departures.includes("mixing"));
  const hash = [shown.sha256.slice(0, 8), race.weightsText(shown)].filter(Boolean).join(" · ");
  const values = { place, changes, psi: psiText(shown.psi), name: shown.name, hash };
  const how = { seconds: shown.seconds.toFixed(2), device: shown.device };
  $(".morph-caption").textContent = race.text("morph_caption", { ...values, ...how });
  $(".morph-tile").alt = race.text("morph_alt", values);
  $(".strip").alt = race.text("morph_strip_alt");
}

// Of a pure seed the badge says what Explore says of its tile.
function showBadge(pure, pending) {
  const { legal, words } = pure ? race.legality(shown) : { legal: false };
  const reasons = shown.departures.map((one) => race.text(`morph_departure_${one}`)).join(race.text("morph_departure_and"));
  const key = pending ? "morph_badge_pending" : pure ? "morph_badge_pure" : "morph_badge_exploration";
  $(".badge").textContent = race.text(key, { seed: shown.nearest, words, reasons });
  $(".badge").classList.toggle("pure", legal && !pending);
}

const showStripWords = () => ($(".strip-words").hidden = !isStripPreview || !drawable());

function showTools() {
  const pure = shown !== null && shown.departures.length === 0;
  $(".snap").hidden = shown === null || pure;
  $(".open-pure").hidden = !pure;
  if (shown !== null) $(".snap").textContent = race.text("morph_snap", { seed: shown.nearest });
}

// The controls of what does not apply are absent.
function showControls() {
  $(".strip").hidden = !drawable();
  showStripWords();
  for (const mode of ["pair", "walk", "pad"]) $(`.panel-${mode}`).hidden = state.mode !== mode;
  for (const radio of $$(".modes input")) radio.checked = radio.value === state.mode;
  [$(".way").value, $(".method").value, $(".closed").checked] = [state.way, state.method, state.closed];
  $(".way-row").hidden = $(".film").hidden = !isWalk();
  $(".few-stops").hidden = isWalk();
  $(".position").max = Math.max(end(), 1);
  $(".position").value = state.position;
  $(".position-label").textContent = race.text(state.mode === "pair" ? "morph_slider_pair" : "morph_slider_walk", { t: state.position.toFixed(3) });
  $(".psi").value = state.psi;
  $(".psi-label").textContent = race.text("morph_psi_label", { psi: state.psi.toFixed(2) });
  for (const [index, input] of [...$$(".amounts input")].entries()) {
    input.value = state.amounts[index];
    input.previousElementSibling.textContent = race.text("morph_direction", { number: index + 1, sigma: state.amounts[index].toFixed(1) });
  }
  $(".reset").disabled = state.amounts.every((amount) => amount === 0);
  $(".mixing").hidden = styles() < 2;
  $(".mix").checked = state.mix !== null;
  $(".mix-row").hidden = state.mix === null;
  $(".play").hidden = still.matches;
  $(".play").textContent = race.text(playing ? "morph_pause" : "morph_play");
  $(".knob").style.left = `${100 * state.x}%`;
  $(".knob").style.top = `${100 * state.y}%`;
}
