// The checkpoint, and what its generator has. What is done to a place is undone: to another generator it is something else.

import { callServer, retryWhenAnswering } from "../shared/api.js";
import { fillCheckpoints, removedCheckpoints } from "../shared/checkpoint_list.js";
import { refreshList } from "../shared/listing.js";
import * as localFavourites from "../shared/local_favourites.js";
import { WIDE } from "../shared/neighbours.js";
import { page, setSeed } from "../shared/page_state.js";
import { SEEDS } from "../shared/parsers.js";
import { textOf } from "../shared/texts.js";
import * as urlState from "../shared/url_state.js";
import { $, element, server, state, stylesOf, view } from "./context.js";
import { fail, follow, followStrip, followTile } from "./drawing.js";
import { firstStops, showFavourites, showSeeds } from "./endpoints.js";
import { clampPosition, drawable, request, styles } from "./request.js";
import { linkedState } from "./url_state.js";
import { AMOUNTS } from "./url_words.js";
import { fillOptions } from "./video_export.js";
import { showControls, showProblem, showWords, stopPlaying } from "./words.js";

/** @import { SeedState, TileKey } from "../shared/types.d.ts" */
/** @import { Choice } from "./types.d.ts" */

/**
 * @param {string} sha256
 * @param {Partial<Choice>} [done] to a place on its way through the generator
 */
function choose(sha256, { amounts = Array(AMOUNTS).fill(0), mix = null } = {}) {
  Object.assign(state, { sha256, amounts, mix });
  fillStyles();
  follow();
  learn(sha256);
}

/** @param {string} sha256 */
async function learn(sha256) {
  const answer = await callServer(server.morph_about, { sha256 });
  if (sha256 !== state.sha256) return;
  if (answer.error) return fail(answer.error);
  stylesOf.set(sha256, answer.styles);
  if (dropForeignMix()) follow();
  fillStyles();
  showControls();
}

// A link may mix styles that its generator does not have.
function dropForeignMix() {
  const isForeign = stylesOf.has(state.sha256 ?? "") && state.mix !== null && state.mix.from >= styles();
  if (isForeign) state.mix = null;
  return isForeign;
}

export function fillStyles() {
  const count = styles();
  const words = (/** @type {number} */ index) => textOf("morph_style_from", { number: index + 1, count });
  fillOptions($(".mix-from"), [...Array(count).keys()], state.mix?.from ?? Math.floor(count / 2), words);
}

$(".morph-checkpoint").addEventListener("change", () => {
  const sha256 = $(".morph-checkpoint").value;
  urlState.dropWrong();
  choose(sha256);
  setSeed({ sha256 });
});
$(".morph-checkpoint").addEventListener("focus", async () => {
  const answer = await refreshList();
  if (!answer.error) showSelect();
});

export const showSelect = () => fillCheckpoints($(".morph-checkpoint"), view.list, state.sha256);

// On every opening the first seed is the one that Explore shows; the second is the next favourite. The link with which the
// page came may say another pair, or something else.
/** @type {SeedState | null} */
let taken = null;
let linked = linkedState();
export function takeSeed() {
  if (page.tab !== "morph" || page.seed === taken || !element.isConnected) return;
  const before = taken;
  taken = page.seed;
  const fresh = before === null || before.sha256 === null; // Explore may not have read the link yet
  const { sha256, seed, psi } = lookedAt();
  takeSeeds(sha256, seed, fresh, before?.seed);
  const came = fresh ? takeLinked() : {};
  if (page.seed.sha256 !== null) linked = {};
  state.psi = psi;
  if (state.mode === "walk" && state.stops.length === 0) state.stops = firstStops();
  clampPosition();
  dropForeignMix();
  showSeeds();
  if (sha256 === state.sha256) follow();
  else choose(sha256, came);
  if (urlState.wrong()) showProblem(urlState.wrong());
  showSelect();
  showFavourites();
}

/**
 * The seeds that go with the one that all tabs look at; those that were chosen for it stay.
 * @param {string} sha256
 * @param {number} seed
 * @param {boolean} fresh
 * @param {number | undefined} before the seed that was looked at before
 */
function takeSeeds(sha256, seed, fresh, before) {
  if (fresh || sha256 !== state.sha256) state.stops = [];
  if (fresh || seed !== before) {
    state.pair = [seed, fresh || state.pair[1] === seed ? nextFavourite(sha256, seed) : state.pair[1]];
  }
  if (fresh) state.corners = [0, 1, 2, 3].map((step) => (seed + step) % SEEDS);
}

// What the link says is shown, and where it was done.
function takeLinked() {
  Object.assign(state, linked);
  if (linked.amounts || WIDE.matches) $(".directions").open = true;
  if (linked.mix) $(".mixing").open = true;
  return linked;
}

/**
 * What all tabs look at; before Explore has read the link, what the link says.
 * @returns {TileKey}
 */
function lookedAt() {
  const { sha256, seed, psi } = page.seed;
  const tile = sha256 === null ? urlState.linkedTile(view.list) : { sha256, seed, psi };
  return removedCheckpoints.has(tile.sha256) ? { ...tile, sha256: view.list.default } : tile;
}

/**
 * @param {string} sha256
 * @param {number} seed
 */
function nextFavourite(sha256, seed) {
  const others = localFavourites
    .all()
    .filter((one) => one.sha256 === sha256 && one.seed !== seed)
    .map((one) => one.seed);
  return others.find((other) => other > seed) ?? others[0] ?? (seed + 1) % 2 ** 32;
}

document.addEventListener("race:tab", () => {
  if (page.tab !== "morph") {
    stopPlaying();
    urlState.set({ morph: null });
  } else if (page.seed === taken) follow();
  else takeSeed();
});
document.addEventListener("race:seed", takeSeed);
document.addEventListener("race:list", () => {
  view.list = page.list ?? view.list;
  if (document.activeElement !== $(".morph-checkpoint")) showSelect();
  showWords();
});
document.addEventListener("race:gone", () => {
  view.list = page.list ?? view.list;
  if (!removedCheckpoints.has(state.sha256 ?? "")) return;
  taken = null; // as if Morph had just been opened
  takeSeed();
});
document.addEventListener("race:favourites", showFavourites);
retryWhenAnswering(
  () => view.lost !== null && page.tab === "morph" && element.isConnected,
  () => {
    const error = view.lost;
    view.lost = null;
    if (state.sha256 !== null && !stylesOf.has(state.sha256)) learn(state.sha256);
    const key = JSON.stringify(request());
    const isWhole = key === view.stripKey && (view.settled !== key || key === view.shown?.key);
    if (view.problem === error && (isWhole || !drawable())) showProblem(urlState.wrong());
    followStrip();
    followTile();
  },
);
