// What the browser keeps for this page. Where it keeps nothing (a frame of another site), memory must do.

/** @type {Map<string, unknown>} */
const memory = new Map();

/**
 * @param {string} name
 * @returns {any} what was written by this name, or null; anybody can have written anything there
 */
export function read(name) {
  try {
    return JSON.parse(localStorage.getItem(`ganrace.${name}`) ?? "null");
  } catch {
    return memory.get(name) ?? null;
  }
}

/**
 * @param {string} name
 * @param {unknown} value
 * @returns {boolean} whether it outlives this page
 */
export function write(name, value) {
  memory.set(name, value);
  try {
    localStorage.setItem(`ganrace.${name}`, JSON.stringify(value));
    return true;
  } catch {
    return false;
  }
}
