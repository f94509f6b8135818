// What the scripts of the favourites share.

import { componentOf, finderIn } from "../shared/mount.js";
import { Signal } from "../shared/signal.js";

export const { element, props, server } = componentOf("favourites/panel.js");
export const $ = finderIn(element);
/** @type {HTMLDialogElement} */
export const dialog = $("dialog.favourites");

/** The cards are to be shown anew. */
export const cardsChanged = /** @type {Signal} */ (new Signal());
