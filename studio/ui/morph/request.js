// What is asked of the program: the place that is chosen, and what is done to it.

import * as urlState from "../shared/url_state.js";
import { visitor } from "../shared/visitor.js";
import { state, stylesOf } from "./context.js";

/** @import { MorphRequest } from "./types.d.ts" */

export const styles = () => stylesOf.get(state.sha256 ?? "") ?? 0;

export const seeds = () => (state.mode === "pair" ? state.pair : state.stops);

export const isWalk = () => state.mode !== "pad" && seeds().length > 1;

// A slider over two seeds ends at the second; over a closed walk it comes back to the first. One seed alone is itself.
export const end = () => (isWalk() ? seeds().length - (state.mode === "walk" && state.closed ? 0 : 1) : 0);

export function clampPosition() {
  if (state.mode !== "pad") state.position = Math.min(state.position, end());
}

/** @returns {MorphRequest["where"]} */
function where() {
  if (state.mode === "pad") return { kind: "pad", seeds: [...state.corners], x: state.x, y: state.y };
  return { kind: "walk", seeds: [...seeds()], position: state.position, closed: state.closed, way: state.way };
}

/** @returns {MorphRequest} */
export function request() {
  const { sha256, psi, method, amounts, mix } = state;
  return {
    sha256: sha256 ?? "",
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
