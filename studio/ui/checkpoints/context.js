// What the scripts of the list of checkpoints share.

import { componentOf, finderIn } from "../shared/mount.js";
import { Signal } from "../shared/signal.js";

export const { element, props, server } = componentOf("checkpoints/panel.js");
export const $ = finderIn(element);
/** @type {HTMLDialogElement} */
export const dialog = $("dialog.checkpoints");
/** @type {HTMLInputElement} */
export const search = $(".search");

/** `doubted` is the checkpoint whose removal is to be confirmed. */
export const state = { doubted: /** @type {string | null} */ (null) };

/** The rows are to be shown anew. */
export const rowsChanged = /** @type {Signal} */ (new Signal());

const findIn = finderIn(dialog);
/**
 * @param {string} sha256
 * @returns {HTMLButtonElement | null}
 */
export const buttonOf = (sha256) => findIn(`.row-button[data-sha256="${sha256}"]`);

/**
 * @param {string | null} sha256
 * @returns {HTMLLIElement | null}
 */
export const rowOf = (sha256) =>
  buttonOf(sha256 ?? "")?.closest("li") ?? findIn(`.broken-list li[data-added="${sha256}"]`);
