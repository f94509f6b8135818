// What the scripts of the list of checkpoints share.

import { componentOf, finderIn } from "../shared/mount.js";

export const { element, props, server } = componentOf("checkpoints/panel.js");
export const $ = finderIn(element);
export const dialog = $("dialog.checkpoints");
export const search = $(".search");

/** `own` are hashes of the checkpoints that this browser has added, `doubted` is the one whose removal is to be confirmed. */
export const state = {
  own: /** @type {Set<string>} */ (new Set()),
  doubted: /** @type {string | null} */ (null),
};
