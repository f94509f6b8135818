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
