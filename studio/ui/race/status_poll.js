// Asking where the race stands: often while something changes, rarely while nothing does, never while nobody looks.

import { page } from "../shared/page_state.js";
import { ask, setStatus } from "./context.js";

const SHORTEST = 2500; // milliseconds between two requests
const LONGEST = 12_000;
const LONGEST_AWAY = 20_000;

let timer = 0;
let pause = SHORTEST;
let isAsking = false;
/** @type {{ code: string, values: Record<string, any> } | null} */
let failure = null;
/** @type {(error: { code: string, values: Record<string, any> } | null) => void} */
let tell = () => {};

const isLookedAt = () => !document.hidden && page.tab === "race";

/** Ask now, and from then on as long as somebody looks. */
export async function poll() {
  if (isAsking) return;
  clearTimeout(timer);
  isAsking = true;
  const answer = await ask("race_status", {});
  isAsking = false;
  const before = failure;
  failure = "error" in answer ? answer.error : null;
  if (before !== failure) tell(failure);
  if ("error" in answer) pause = Math.min(2 * pause, LONGEST_AWAY);
  else pause = setStatus(answer) || before ? SHORTEST : Math.min(1.3 * pause, LONGEST);
  clearTimeout(timer);
  if (isLookedAt()) timer = window.setTimeout(poll, pause * (0.9 + 0.2 * Math.random()));
}

function lookedAt() {
  clearTimeout(timer);
  if (!isLookedAt()) return;
  pause = SHORTEST;
  void poll();
}

/**
 * Begin, and say when the program cannot be asked and when it can again.
 * @param {typeof tell} told
 */
export function startPolling(told) {
  tell = told;
  document.addEventListener("visibilitychange", lookedAt);
  document.addEventListener("race:tab", lookedAt);
  document.addEventListener("race:alive", ({ detail: isAlive }) => {
    if (isAlive && failure !== null && isLookedAt()) void poll();
  });
  void poll();
}
