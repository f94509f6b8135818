// What this window keeps over a reload, and forgets when it is closed; where that fails, what is in memory must do.

/** @type {Map<string, string>} */
const memory = new Map();

/**
 * @param {string} name
 * @returns {any} what was written by this name, or null; anybody can have written anything there
 */
export function read(name) {
  try {
    return JSON.parse(memory.get(name) ?? sessionStorage.getItem(`ganrace.${name}`) ?? "null");
  } catch {
    return null;
  }
}

/**
 * @param {string} name
 * @param {unknown} value null forgets it
 */
export function write(name, value) {
  const written = JSON.stringify(value);
  memory.set(name, written);
  try {
    if (value === null) sessionStorage.removeItem(`ganrace.${name}`);
    else sessionStorage.setItem(`ganrace.${name}`, written);
  } catch {
    // then a reload forgets it
  }
}
