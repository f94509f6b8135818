// What one does here, for whoever comes for the first time; closed once, it does not come again.

import * as storage from "../shared/storage.js";
import { $ } from "./context.js";

const KEPT = "introduced";
const OTHERS = ["recent", "looked", "favourites"]; // what a browser keeps that has been here before

const isFirst = () => storage.read(KEPT) === null && OTHERS.every((name) => storage.read(name) === null);

/** @param {boolean} isShown */
function show(isShown) {
  $(".first-visit").hidden = !isShown;
}

$(".close-first-visit").addEventListener("click", () => {
  storage.write(KEPT, true);
  show(false);
});
show(isFirst());
