// Commands within a text.

import { make } from "../shared/dom.js";

/**
 * A text whose pieces between backquotes are commands.
 * @param {string} words
 * @returns {(string | HTMLElement)[]}
 */
export const withCommands = (words) =>
  words.split("`").map((piece, place) => (place % 2 === 0 ? piece : make("code", { textContent: piece })));
