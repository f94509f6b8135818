// What the scripts of Explore share: its component and its elements.

import { componentOf, finderIn } from "../shared/mount.js";

export const { element, props, server } = componentOf("explore/tab.js");
export const $ = finderIn(element);
export const [tile, caption, status, select, field, psiInput] = [
  ".tile",
  ".caption",
  ".status",
  ".checkpoint",
  ".seed",
  ".psi",
].map($);
