// What the scripts of the favourites share.

import { componentOf, finderIn } from "../shared/mount.js";

export const { element, props, server } = componentOf("favourites/panel.js");
export const $ = finderIn(element);
export const dialog = $("dialog.favourites");
