// What the browser keeps for this page. What it does not keep (in a frame of another site, or where its storage is full) is
// in memory, as long as the page is open; `race:unkept` tells so once of each kind of storage.

/** @typedef {"browser" | "window"} Kind kept for good, or over a reload until the window is closed */

const UNKEPT_MILLISECONDS = 1000; // after which the page is there to say it
/** @type {Set<Kind>} of which it is told, or will be, that something is not kept */
const told = new Set();
/** @type {Kind[]} */
let untold = [];

/** @param {Kind} kind */
function noteUnkept(kind) {
  if (told.has(kind)) return;
  told.add(kind);
  untold.push(kind);
  if (untold.length === 1) setTimeout(tellUnkept, UNKEPT_MILLISECONDS);
}

function tellUnkept() {
  const detail = untold;
  untold = [];
  document.dispatchEvent(new CustomEvent("race:unkept", { detail }));
}

/**
 * @param {Kind} kind
 * @param {() => Storage} area which may throw, too
 */
function storageIn(kind, area) {
  /** @type {Map<string, string>} */
  const memory = new Map();
  return {
    /**
     * @param {string} name
     * @returns {any} what was written by this name, or null; anybody can have written anything there
     */
    read(name) {
      try {
        return JSON.parse(memory.get(name) ?? area().getItem(`ganrace.${name}`) ?? "null");
      } catch {
        return null;
      }
    },

    /**
     * @param {string} name
     * @param {unknown} value null forgets it
     * @returns {boolean} whether it outlives this page
     */
    write(name, value) {
      const written = JSON.stringify(value);
      try {
        if (value === null) area().removeItem(`ganrace.${name}`);
        else area().setItem(`ganrace.${name}`, written);
        memory.delete(name);
        return true;
      } catch {
        memory.set(name, written);
        if (value !== null) noteUnkept(kind);
        return false;
      }
    },
  };
}

export const { read, write } = storageIn("browser", () => localStorage);

/** What this window keeps over a reload, and forgets when it is closed. */
export const inWindow = storageIn("window", () => sessionStorage);
