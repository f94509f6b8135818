// What the scripts of the header share.

import { componentOf, finderIn } from "../shared/mount.js";

export const { element, props, server, trigger } = componentOf("header/panel.js");
export const $ = finderIn(element);
