// What the scripts of About share.

import { make } from "../shared/dom.js";
import { componentOf, finderIn } from "../shared/mount.js";
import { errorText } from "../shared/texts.js";

/** @import { ProgramReply } from "../protocol.d.ts" */
/** @import { ProgramError } from "../shared/types.d.ts" */

export const { element, server } = componentOf("about/tab.js");
export const $ = finderIn(element);

/** `program` are the tricks and the versions, once the program has told them. */
export const state = { program: /** @type {ProgramReply | null} */ (null) };

/**
 * What stands between backquotes is a command or a name of the program.
 * @param {string} words
 */
export function withCode(words) {
  return words.split("`").map((piece, place) => (place % 2 === 0 ? piece : make("code", { textContent: piece })));
}

/** @param {ProgramError | undefined} error */
export function showProblem(error) {
  $(".failed").hidden = error === undefined;
  $(".failed").textContent = error === undefined ? "" : errorText(error);
}
