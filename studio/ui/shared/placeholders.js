// Texts with places for values: `{name}`, and `{count:tile|tiles}`, which is the first word where the count is 1.

/** @import { Values } from "./types.d.ts" */

/**
 * @param {string} text
 * @param {Values} values those that are missing leave their places as they are
 */
export function fillIn(text, values) {
  return text.replace(/\{(\w+)(?::([^|}]*)\|([^}]*))?\}/g, (whole, name, one, many) => {
    if (!(name in values)) return whole;
    if (one === undefined) return String(values[name]);
    return String(values[name]) === "1" ? one : many;
  });
}

/**
 * A pattern that recognises a text with any values in its places, and gives them as groups.
 * @param {string} text
 */
export function patternOf(text) {
  const escaped = text.replace(/[.*+?^$()|[\]\\]/g, "\\$&");
  return new RegExp(`^${escaped.replace(/\{(\w+)\}/g, "(?<$1>.+?)")}$`, "s");
}
