// What the scripts of About share.

import { componentOf, finderIn } from "../shared/mount.js";

export const { element, server } = componentOf("about/tab.js");
export const $ = finderIn(element);

/** `program` is {tricks, versions}, once the program has told them. */
export const state = { program: /** @type {any} */ (null) };
