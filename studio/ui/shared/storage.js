// What the browser keeps for this page. What it does not keep (in a frame of another site, or where its storage is full) is
// in memory, as long as the page is open; `race:unkept` tells so, the first time.

/** @type {Map<string, string>} */
const memory = new Map();
let isTold = false; // that something is not kept
const UNKEPT_MILLISECONDS = 1000; // after which the page is there to say it

/**
 * @param {string} name
 * @returns {any} what was written by this name, or null; anybody can have written anything there
 */
export function read(name) {
  try {
    return JSON.parse(memory.get(name) ?? localStorage.getItem(`ganrace.${name}`) ?? "null");
  } catch {
    return null;
  }
}

/**
 * @param {string} name
 * @param {unknown} value
 * @returns {boolean} whether it outlives this page
 */
export function write(name, value) {
  const written = JSON.stringify(value);
  try {
    localStorage.setItem(`ganrace.${name}`, written);
    memory.delete(name);
    return true;
  } catch {
    if (!isTold) setTimeout(tellUnkept, UNKEPT_MILLISECONDS);
    isTold = true;
    memory.set(name, written);
    return false;
  }
}

function tellUnkept() {
  document.dispatchEvent(new CustomEvent("race:unkept"));
}
