// The strip and the tile are drawn as what is chosen changes.

import { callServer } from "../shared/api.js";
import { announce, jpegUrl } from "../shared/dom.js";
import * as seenSeeds from "../shared/seen_seeds.js";
import * as urlState from "../shared/url_state.js";
import { $, FRAME_MS, server, view } from "./context.js";
import { drawable, request } from "./request.js";
import { tellLink } from "./url_state.js";
import { showControls, showProblem, showWords } from "./words.js";

/** @import { MorphTileReply } from "../protocol.d.ts" */
/** @import { ProgramError } from "../shared/types.d.ts" */
/** @import { MorphRequest } from "./types.d.ts" */

const narrow = matchMedia("(max-width: 860px)");

/** @param {ProgramError} error */
export function fail(error) {
  showProblem(error);
  if (error.code === "error_connection") view.lost = error;
}

/**
 * Show what was asked for last; what was asked for in between is skipped. `isShown` tells when there is nothing to do.
 * @param {() => boolean} wanted
 * @param {(key: string) => boolean} isShown
 * @param {(asked: MorphRequest) => Promise<any>} draw
 * @param {number} pause milliseconds from one question to the next
 */
function follower(wanted, isShown, draw, pause) {
  let busy = false;
  return async () => {
    if (busy) return;
    busy = true;
    while (wanted() && !isShown(JSON.stringify(request()))) {
      const asked = request();
      const start = performance.now();
      const answer = await draw(asked);
      if (answer.superseded) continue;
      if (answer.error) {
        if (JSON.stringify(asked) !== JSON.stringify(request())) continue;
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
/** @type {ProgramError | null} */
let stripError = null;

let [stripsAsked, stripShown] = [0, 0];

/**
 * @param {MorphRequest} asked
 * @returns {Promise<any>}
 */
export async function drawStrip(asked) {
  const number = ++stripsAsked;
  const answer = await callServer(server.morph_strip, { ...asked, columns: narrow.matches ? 4 : 8 });
  if (answer.error) stripError = answer.error;
  if (answer.error || answer.superseded || number < stripShown) return answer;
  stripShown = number;
  if (view.problem === stripError) showProblem(null);
  $(".strip").src = jpegUrl(answer.jpeg);
  await $(".strip")
    .decode()
    .catch(() => undefined);
  if (number < stripShown) return answer;
  view.stripKey = JSON.stringify(asked);
  view.isStripPreview = answer.preview;
  showWords();
  return answer;
}

export const followTile = follower(
  () => view.settled !== null && drawable() && view.settled === JSON.stringify(request()),
  (key) => key === view.shown?.key,
  async (asked) => {
    $(".morph-stage").classList.add("waiting");
    const answer = await callServer(server.morph_tile, asked);
    $(".morph-stage").classList.remove("waiting");
    if (!answer.error && !answer.superseded) await showTile(answer, asked);
    return answer;
  },
  0,
);

/**
 * @param {MorphTileReply} answer
 * @param {MorphRequest} asked
 */
async function showTile(answer, asked) {
  const url = jpegUrl(answer.jpeg);
  const decoded = new Image();
  decoded.src = url;
  await decoded.decode();
  $(".morph-tile").src = url;
  view.shown = { ...answer, jpeg: "", asked, key: JSON.stringify(asked) };
  if (answer.departures.length === 0) seenSeeds.add({ sha256: answer.sha256, seed: answer.nearest });
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
