// Calls to the program, whose functions Gradio hands to each component as its `server`.

import { reportUnknown } from "./checkpoint_list.js";

/** @import { ProgramError, ServerFunction } from "./types.d.ts" */

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
    // Gradio's client throws for some failures and returns nothing for others
  }
  document.dispatchEvent(new CustomEvent("race:failed"));
  return { error: { code: "error_connection", values: {} } };
}

/**
 * Send bytes to a route of the program. A proxy on the way that takes fewer at once is told by `tooLong`.
 * @param {string} path below the page
 * @param {BodyInit} bytes
 * @param {AbortSignal | null} signal
 * @returns {Promise<any>}
 */
export async function postBytes(path, bytes, signal) {
  try {
    const headers = { "content-type": "application/octet-stream" };
    const answer = await fetch(new URL(path, document.baseURI), { method: "POST", body: bytes, headers, signal });
    if (answer.status === 413) return { tooLong: true };
    if (answer.ok) return await answer.json();
  } catch {
    if (!signal?.aborted) document.dispatchEvent(new CustomEvent("race:failed"));
  }
  return { error: { code: "error_connection", values: {} } };
}

/**
 * Ask a route of the program for a file that comes bit by bit; an error comes as that of a function does.
 * @param {string} path below the page
 * @param {unknown} request
 * @param {AbortSignal} signal
 * @param {(come: Blob) => unknown} onPart is told what has come, again and again
 * @returns {Promise<{ file?: Blob, error?: ProgramError, superseded?: boolean }>}
 */
export async function fetchFile(path, request, signal, onPart) {
  try {
    const headers = { "content-type": "application/json" };
    const body = JSON.stringify(request);
    const answer = await fetch(new URL(path, document.baseURI), { method: "POST", body, headers, signal });
    if (answer.ok && answer.headers.get("content-type") === "application/json") return await answer.json();
    if (answer.ok && answer.body !== null) {
      const reader = answer.body.getReader();
      let file = new Blob();
      for (let part = await reader.read(); !part.done; part = await reader.read()) {
        file = new Blob([file, part.value], { type: answer.headers.get("content-type") ?? "" });
        await onPart(file);
      }
      return { file };
    }
  } catch {
    if (!signal.aborted) document.dispatchEvent(new CustomEvent("race:failed"));
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
