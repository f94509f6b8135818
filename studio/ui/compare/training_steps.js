// The training-step scrubber, where a run kept steps: one position for each power of two of images, and the newest.

import { page } from "../shared/page_state.js";
import { textOf } from "../shared/texts.js";
import { checkpointOf, chosen, isAbsent } from "./compared.js";
import { $, choiceChanged, state } from "./context.js";
import { forgetFacts } from "./settings_and_curves.js";

/** @import { TrainingStep } from "../shared/types.d.ts" */
/** @import { Choice } from "./compared.js" */
/** @import { Slot } from "./types.d.ts" */

/** @param {number} images */
const doublings = (images) => Math.floor(Math.log2(Math.max(images, 1)));

function positions() {
  const steps = chosen().flatMap((slot) => checkpointOf(slot.sha256)?.steps ?? []);
  return [...new Set(steps.map((step) => doublings(step.images)))].sort((one, other) => one - other);
}

/**
 * @param {Choice} checkpoint
 * @param {number | undefined} position
 * @returns {{ sha256: string }}
 */
function stepAt(checkpoint, position) {
  if (position === undefined || checkpoint.steps.length === 0) return checkpoint;
  return checkpoint.steps.filter((step) => doublings(step.images) <= position).at(-1) ?? checkpoint.steps[0];
}

export function showScrubber() {
  const all = positions();
  $(".scrubber").hidden = all.length === 0;
  $(".scrub").max = all.length;
  const stepped = chosen().filter((slot) => slot.shown !== slot.sha256);
  const shown = stepped.map(
    (slot) => checkpointOf(slot.sha256)?.steps.find((step) => step.sha256 === slot.shown)?.images ?? 0,
  );
  const at = stepped.length === 0 ? all.length : Math.max(all.indexOf(doublings(Math.max(...shown))), 0);
  $(".scrub").value = at;
  const images = (2 ** all[at]).toLocaleString(page.language);
  const words = at === all.length ? textOf("compare_newest") : textOf("compare_step", { images });
  $(".scrub-words").textContent = words;
  $(".scrub").setAttribute("aria-valuetext", words);
}

$(".scrub").addEventListener("input", () => {
  const position = positions()[Number($(".scrub").value)];
  const follow = (/** @type {Slot} */ slot) => {
    const one = isAbsent(slot) ? undefined : checkpointOf(slot.sha256);
    return isAbsent(slot) || one === undefined ? slot : { ...slot, shown: stepAt(one, position).sha256 };
  };
  state.slots = state.slots.map(follow);
  showScrubber();
  choiceChanged.send();
});
$(".scrub").addEventListener("change", forgetFacts); // once it rests, not at every place of a drag
