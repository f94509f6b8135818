// What the scripts of Export share.

import { componentOf, finderIn } from "../shared/mount.js";

export const { element, props, server } = componentOf("export/tab.js");
export const $ = finderIn(element);
