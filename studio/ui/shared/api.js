// Calls to the program, whose functions Gradio hands to each component as its `server`.

import { reportUnknown } from "./checkpoint_list.js";

/** @import { ServerFunction } from "./types.d.ts" */

const RETRY_MILLISECONDS = { first: 500, longest: 8000 };

/**
 * Ask the program; a lost connection is an answer with an error like any other.
 * @param {ServerFunction} call
 * @param {unknown} request
 * @returns {Promise<any>}
 */
export async function callServer(call, request) {
  try {
    const answer = await call(request);
    if (answer && typeof answer === "object" && !("detail" in answer)) {
      if (answer.error?.code === "error_unknown_checkpoint") reportUnknown(answer.error.values.hash);
      return answer;
    }
  } catch {
    document.dispatchEvent(new CustomEvent("race:failed"));
  }
  return { error: { code: "error_connection", values: {} } };
}

/**
 * After a lost connection try again once the program answers, the later the more often that was in vain.
 * @param {() => boolean} hasFailed
 * @param {() => unknown} again
 */
export function retryWhenAnswering(hasFailed, again) {
  const { first, longest } = RETRY_MILLISECONDS;
  let tries = 0;
  let timer = 0;
  function tryAgain() {
    timer = 0;
    if (hasFailed()) again();
  }
  document.addEventListener("race:alive", ({ detail: isAlive }) => {
    if (!hasFailed()) tries = 0;
    else if (isAlive && timer === 0) timer = window.setTimeout(tryAgain, Math.min(first * 2 ** tries++, longest));
  });
}
