// Asking for the list of checkpoints: one panel has the function of the program, and every tab asks through here.

import { callServer } from "./api.js";
import { setList } from "./checkpoint_list.js";
import { page } from "./page_state.js";
import { visitorSecret } from "./visitor_secret.js";

/** @import { CheckpointList, ProgramError, ServerFunction } from "./types.d.ts" */

/** @type {(call: ServerFunction) => void} */
let give;
/** @type {Promise<ServerFunction>} */
const given = new Promise((resolve) => (give = resolve));

/**
 * Take the function of the program that lists the checkpoints, from the panel that has it.
 * @param {ServerFunction} call
 */
export const giveListing = (call) => give(call);

/**
 * Take a list as an answer of the program has it; `race:list` tells everybody.
 * @param {{ list: CheckpointList, own: string[] }} answer
 */
export function takeList({ list, own }) {
  page.own = new Set(own);
  setList(list);
}

/**
 * Ask for the list anew; it comes to all as `race:list`, and the answer to whoever asked.
 * @returns {Promise<{ list: CheckpointList, own: string[], error?: ProgramError }>}
 */
export async function refreshList() {
  const answer = await callServer(await given, { secret: visitorSecret(), steps: page.withSteps });
  if (!answer.error) takeList(answer);
  return answer;
}
