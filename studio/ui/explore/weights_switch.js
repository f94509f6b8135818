// Which weights draw: the average over the last steps of the training, or those as last trained. The switch is absent where
// a checkpoint has one kind only.

import { page } from "../shared/page_state.js";
import { $, checkpointOf, requestTile } from "./context.js";

const weights = $(".weights-field");

function showWeights() {
  const one = page.seed.sha256 === null ? undefined : checkpointOf(page.seed.sha256);
  weights.hidden = !one?.raw;
  if (one === undefined || weights.hidden) return;
  const kind = one.averaged === undefined ? "averaged" : "raw";
  for (const radio of weights.querySelectorAll("input")) radio.checked = radio.value === kind;
  if (kind === "raw") $(".more").open = true;
}

weights.addEventListener("change", (/** @type {any} */ { target }) => {
  const one = checkpointOf(page.seed.sha256 ?? "");
  if (one !== undefined) requestTile({ sha256: target.value === "raw" ? one.raw : (one.averaged ?? one.sha256) });
});
for (const name of ["race:seed", "race:list"]) document.addEventListener(name, showWeights);
