// Trouble that passes: a question is asked again until there is an answer to it, or nobody wants one any more.

import { callServer } from "../shared/api.js";
import { showProblem } from "./cards.js";
import { state } from "./context.js";

/** @import { ProgramError, ServerFunction } from "../shared/types.d.ts" */

const PASSING = ["error_connection", "error_busy"]; // which say nothing about the tile that was asked for
const PAUSE_MILLISECONDS = { first: 500, longest: 4000 };

let isAlive = true; // as the page's heartbeat says
/** @type {((value: unknown) => void)[]} for the program to answer again */
const waiting = [];
document.addEventListener("race:alive", ({ detail }) => {
  isAlive = detail;
  if (isAlive) for (const wake of waiting.splice(0)) wake(undefined);
});

/** @param {ProgramError | null | undefined} error */
export const isPassing = (error) => PASSING.includes(error?.code ?? "");

export const relieve = () => isPassing(state.problem) && showProblem(null);

/** @param {number} tries */
async function pause(tries) {
  const { first, longest } = PAUSE_MILLISECONDS;
  await new Promise((resolve) => setTimeout(resolve, Math.min(first * 2 ** tries, longest)));
  if (!isAlive) await new Promise((resolve) => waiting.push(resolve));
}

/**
 * Ask again and again while the trouble is one that passes and the answer is still wanted.
 * @param {ServerFunction} call
 * @param {unknown} request
 * @param {() => boolean} isWanted
 * @returns {Promise<any>}
 */
export async function askThrough(call, request, isWanted) {
  for (let tries = 0; ; tries++) {
    const answer = await callServer(call, request);
    if (!isPassing(answer.error)) {
      relieve();
      return answer;
    }
    if (isWanted()) {
      showProblem(answer.error);
      await pause(tries);
    }
    if (!isWanted()) return { superseded: true };
  }
}
