// What is said of how a checkpoint was trained, as terms and their descriptions.

import { make } from "./dom.js";
import { page } from "./page_state.js";
import { deviceText, namedText, textOf } from "./texts.js";

/** @import { Checkpoint } from "./types.d.ts" */
/** @typedef {[string, string | number | null | undefined]} Fact the key of a term, and its value where there is one */

/**
 * @param {Checkpoint} one
 * @returns {Fact[]}
 */
function trainingFacts(one) {
  const minutes = typeof one.seconds === "number" ? Math.round(one.seconds / 60) : null;
  return [
    ["passport_recipe", namedText(one.recipe)],
    ["passport_images", one.images?.toLocaleString(page.language)],
    ["passport_time", minutes === null ? null : textOf("minutes", { minutes })],
    ["passport_device", one.devices.map(deviceText).join(textOf("device_separator"))],
    ["passport_classes", one.classes || null],
    ["passport_pretrained", one.recipe ? (namedText(one.pretrained) ?? textOf("passport_none")) : null],
    ["passport_equalizer", one.equalizer > 0 ? textOf("passport_equalizer_side", { side: one.equalizer }) : null],
  ];
}

/**
 * Terms and descriptions for a <dl>; facts without a value are left out.
 * @param {Fact[]} facts
 */
export const factNodes = (facts) =>
  facts
    .filter(([, value]) => value)
    .flatMap(([key, value]) => [make("dt", { textContent: textOf(key) }), make("dd", { textContent: String(value) })]);

/** @param {Checkpoint | undefined} checkpoint */
export const trainingFactNodes = (checkpoint) => (checkpoint === undefined ? [] : factNodes(trainingFacts(checkpoint)));
