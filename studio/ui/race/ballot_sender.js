// A ballot on its way: kept until there is a clear answer, and sent again, the very same, where a reply was lost.

import * as storage from "../shared/storage.js";
import { visitorSecret } from "../shared/visitor_secret.js";
import { ask } from "./context.js";

/** @import { PendingBallot } from "./types.d.ts" */

const KEPT = "raceBallot";
const FIRST_PAUSE = 1; // seconds
const LONGEST_PAUSE = 15;
const UNCLEAR = new Set([
  ...["error_connection", "error_internal", "error_busy"],
  ...["race_error_store_away", "race_error_store_full", "race_error_too_many_wrong"],
]);

/** 128 random bits, by which the program knows this ballot again. */
export function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * The ballot that was on its way when the page was left, or null.
 * @returns {PendingBallot | null}
 */
export function pendingBallot() {
  const kept = storage.read(KEPT);
  const isOne =
    typeof kept === "object" &&
    kept !== null &&
    ["commitment", "code", "key"].every((name) => typeof kept[name] === "string") &&
    typeof kept.round === "number" &&
    Array.isArray(kept.ranks);
  return isOne ? kept : null;
}

/** Forget the ballot that was on its way. */
export const forgetPending = () => void (storage.read(KEPT) !== null && storage.write(KEPT, null));

/**
 * Send a ballot until there is a clear answer: its receipt, or why it is not in.
 * @param {PendingBallot} ballot
 * @param {(seconds: number) => void} tell is told before each pause
 */
export async function sendUntilClear(ballot, tell) {
  storage.write(KEPT, ballot);
  const { code, round, ranks, key } = ballot;
  for (let pause = FIRST_PAUSE; ; pause = Math.min(2 * pause, LONGEST_PAUSE)) {
    const answer = await ask("cast_ballot", { secret: visitorSecret(), code, round, ranks, key });
    if (!("error" in answer) || !UNCLEAR.has(answer.error.code)) {
      storage.write(KEPT, null);
      return answer;
    }
    const seconds = Math.max(pause, Number(answer.error.values?.seconds) || 0);
    tell(seconds);
    await waited(seconds);
  }
}

/** @param {number} seconds */
const waited = (seconds) => new Promise((resolve) => setTimeout(resolve, 1000 * seconds));
