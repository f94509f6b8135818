// What the scripts of Verify share: its component and its elements.

import { componentOf, finderIn } from "../shared/mount.js";

/** @import { VerifyServer } from "../protocol.d.ts" */

const mounted = componentOf("verify/tab.js");
export const { element } = mounted;
export const server = /** @type {VerifyServer} */ (/** @type {unknown} */ (mounted.server));
export const $ = finderIn(element);
