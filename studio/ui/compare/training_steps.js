// The training-step scrubber, where a run kept steps: one position for each power of two of images, and the newest.

import { page } from "../shared/page_state.js";
import { textOf } from "../shared/texts.js";
import { $, state } from "./context.js";
import { forgetFacts } from "./settings_and_curves.js";
import { checkpointOf, chosen, draw, isAbsent } from "./tab.js";

const doublings = (images) => Math.floor(Math.log2(Math.max(images, 1)));

function positions() {
  const steps = chosen().flatMap((slot) => checkpointOf(slot.sha256).steps);
  return [...new Set(steps.map((step) => doublings(step.images)))].sort((one, other) => one - other);
}

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
    (slot) => checkpointOf(slot.sha256).steps.find((step) => step.sha256 === slot.shown)?.images ?? 0,
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
  const follow = (slot) =>
    isAbsent(slot) ? slot : { ...slot, shown: stepAt(checkpointOf(slot.sha256), position).sha256 };
  state.slots = state.slots.map(follow);
  showScrubber();
  draw();
});
$(".scrub").addEventListener("change", forgetFacts); // once it rests, not at every place of a drag
