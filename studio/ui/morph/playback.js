// One click back to the nearest pure seed; psi stays, for it may be other than 1.

import { openSeed } from "../shared/tabs.js";
import * as urlState from "../shared/url_state.js";
import { $, FRAME_MS, element, state, still, view } from "./context.js";
import { changed, drawStrip } from "./drawing.js";
import { showFavourites, showSeeds } from "./endpoints.js";
import { end, isWalk, request, seeds } from "./request.js";
import { AMOUNTS } from "./url_words.js";
import { secondsOf } from "./video_export.js";
import { showControls, showProblem, stopPlaying } from "./words.js";

/** @import { ProgramError } from "../shared/types.d.ts" */

$(".snap").addEventListener("click", () => {
  stopPlaying();
  if (view.shown === null) return;
  const { nearest } = view.shown;
  state.amounts = Array(AMOUNTS).fill(0);
  state.mix = null;
  if (state.mode === "pad") {
    const distance = (/** @type {number} */ index) =>
      Math.hypot(state.x - (index % 2), state.y - Math.floor(index / 2));
    const corner =
      [0, 1, 2, 3]
        .sort((one, other) => distance(one) - distance(other))
        .find((index) => state.corners[index] === nearest) ?? 0;
    [state.x, state.y] = [corner % 2, Math.floor(corner / 2)];
  } else {
    if (seeds().length === 0) [state.stops, state.position] = [[nearest], 0];
    const around = [Math.floor(state.position), Math.ceil(state.position)];
    state.position = around.find((index) => seeds()[index % seeds().length] === nearest) ?? around[0];
  }
  showSeeds();
  showFavourites();
  changed();
});
$(".open-pure").addEventListener("click", () => {
  if (view.shown === null) return;
  const { sha256, nearest, psi } = view.shown;
  openSeed({ sha256, seed: nearest, psi });
});

// Play: the strip walks along; it stops with the tab, with the window, and where motion is not wanted. While one strip is
// on its way the next one is drawn.
const AT_ONCE = 2;
const mayPlay = () =>
  view.playing &&
  isWalk() &&
  element.isConnected &&
  $(".morph").offsetParent !== null &&
  document.visibilityState === "visible" &&
  !still.matches;

async function play() {
  view.playing = true;
  if (urlState.wrong()) showProblem(null);
  urlState.dropWrong();
  showControls();
  const turned = () => (state.closed ? seeds().length : end());
  let at = state.position >= end() && !state.closed ? 0 : state.position;
  let before = performance.now();
  const coming = new Set();
  while (mayPlay()) {
    const now = performance.now();
    if (at > turned()) at = state.position; // the walk has become shorter
    at += ((now - before) / 1000 / secondsOf()) * turned();
    before = now;
    if (at >= turned() && !state.closed) at = turned();
    at %= state.closed ? turned() : Infinity;
    state.position = Number((state.mode === "pair" && at > 1 ? 2 - at : at).toFixed(3)); // as the slider and the link have it
    showControls();
    const frame = drawStrip(request()).then((answer) => {
      coming.delete(frame);
      if (answer.error) failPlaying(answer.error);
    });
    coming.add(frame);
    const pause = new Promise((resolve) => setTimeout(resolve, Math.max(4, FRAME_MS - (performance.now() - now))));
    if (coming.size >= AT_ONCE) await Promise.race(coming);
    await pause;
    if (!state.closed && at >= turned()) break;
  }
  stopPlaying();
  changed();
}
/** @param {ProgramError} error */
function failPlaying(error) {
  showProblem(error);
  stopPlaying();
}
$(".play").addEventListener("click", () => (view.playing ? stopPlaying() : play()));
still.addEventListener("change", showControls);
