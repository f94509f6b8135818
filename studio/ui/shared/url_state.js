// What the link says: the part of the address that is ours; everything else in it is left alone.

import { findCheckpoint, ownName, withRawWeights } from "./checkpoints.js";
import { parsePsi, parseSeed } from "./parsers.js";

/** @import { CheckpointList, ProgramError, TileKey } from "./types.d.ts" */

const LINKED = ["ck", "seed", "psi", "tab", "cell", "cmp", "cmpmode", "cmpseeds", "start", "count", "morph", "lang"];
// Mail programs write `&` as HTML does, and may do so twice, or in the letters of an address.
const AMPERSANDS = /&(amp(;|%3B))+|%26(amp(;|%3B))+/gi;
if (location.search.search(AMPERSANDS) >= 0) {
  history.replaceState(history.state, "", location.search.replaceAll(AMPERSANDS, "&") + location.hash);
}
const HASH = /^[0-9a-f]{8,64}$/i;
let namesakes = 0; // checkpoints that have the name which the link says in the place of a hash
const CAME = new URLSearchParams(location.search); // the link with which the page came

/**
 * How a part of the link is checked, and what is wrong where it is none of its kind.
 * @type {Record<string, { test: (value: string) => boolean, error: (value: string) => ProgramError }>}
 */
const READ = {
  ck: {
    test: (value) => HASH.test(value),
    error: (value) =>
      namesakes > 1
        ? { code: "error_namesakes", values: { name: value.slice(0, 40), count: namesakes } }
        : { code: "error_unknown_checkpoint", values: { hash: value.slice(0, HASH.test(value) ? 8 : 40) } },
  },
  seed: {
    test: (value) => parseSeed(value) !== null,
    error: (value) => ({ code: "error_seed", values: { value } }),
  },
  psi: {
    test: (value) => parsePsi(value) !== null,
    error: (value) => ({ code: "error_psi", values: { value } }),
  },
};

let said = location.search; // what the page says, also while the browser goes to an entry that said something else

/** @param {string} name */
export const get = (name) => new URLSearchParams(location.search).get(name);

/** @type {Set<string>} what the address does not say now, whoever asks for it */
let withheld = new Set();

/**
 * Take names out of the address, and keep them out until others are withheld: a tab may hear late what it wants to say.
 * @param {string[]} names
 */
export function withhold(names) {
  withheld = new Set(names);
  set({});
}

/** @typedef {Record<string, string | number | null | undefined>} Change a value of null takes the name out */

/**
 * Change the address in place.
 * @param {Change} change
 */
export function set(change) {
  const address = changed(location.href, change);
  if (address.href !== location.href) history.replaceState(history.state, "", address);
  said = address.search;
}

/**
 * Change the address in an entry of its own, without the place within the page.
 * @param {Change} change
 * @param {object} state of the entry
 */
export function add(change, state) {
  const address = changed(location.href, change);
  address.hash = "";
  history.pushState({ ...history.state, ...state }, "", address);
  said = address.search;
}

/**
 * In the entry to which the browser has gone, say what the page says, with a change.
 * @param {Change} change
 */
export function restore(change) {
  const here = new URL(location.href);
  [here.search, here.hash] = [said, ""];
  history.replaceState(history.state, "", changed(here.href, change));
  said = location.search;
}

/**
 * @param {string} href
 * @param {Change} change
 */
function changed(href, change) {
  const address = new URL(href);
  for (const [name, value] of Object.entries(change)) {
    if (value === null || value === undefined) address.searchParams.delete(name);
    else address.searchParams.set(name, String(value));
  }
  for (const name of withheld) address.searchParams.delete(name);
  return address;
}

/**
 * A link may name its checkpoint by its name, where just one has it: from now on it says the hash. What could be a hash
 * is never a name: a checkpoint that is called like the hash of another one must not take its links over.
 * @param {CheckpointList} list
 */
export function nameToHash(list) {
  const named = get("ck");
  if (named === null || HASH.test(named)) return;
  const all = withRawWeights(list);
  const exact = all.filter((one) => one.name === named);
  const found = exact.length > 0 ? exact : all.filter((one) => ownName(one) === named);
  namesakes = found.length;
  if (found.length === 1) set({ ck: found[0].sha256.slice(0, 8) });
}

/**
 * The tile that the link names, where Explore has not read it yet or shows none; what it says wrongly is as usual. A
 * checkpoint that is not in the list keeps the hash of the link: the program knows whether it is there.
 * @param {CheckpointList} list
 * @returns {TileKey}
 */
export function linkedTile(list) {
  const hash = (!wrong(["ck"]) && get("ck")?.toLowerCase()) || list.default;
  const sha256 = findCheckpoint(list, hash)?.sha256 ?? hash;
  return { sha256, seed: parseSeed(get("seed") ?? "") ?? 0, psi: parsePsi(get("psi") ?? "") ?? 1 };
}

/** The seed and the truncation of the link with which the page came. */
export const cameWith = () => ({
  seed: parseSeed(CAME.get("seed") ?? "") ?? 0,
  psi: parsePsi(CAME.get("psi") ?? "") ?? 1,
});

/**
 * The first of these parts of the link that is none of its kind, as an error; a tab draws nothing before something is
 * chosen, with which it goes from the link.
 */
export function wrong(names = Object.keys(READ)) {
  for (const name of names) {
    const value = get(name);
    if (value !== null && !READ[name].test(value)) return READ[name].error(value);
  }
  return null;
}

export function dropWrong() {
  if (wrong() === null) return;
  for (const name of Object.keys(READ)) if (wrong([name])) set({ [name]: null });
  document.dispatchEvent(new CustomEvent("race:righted"));
}

/**
 * Name a tile, or what all tabs look at.
 * @param {TileKey} tile
 */
export const nameTile = ({ sha256, seed, psi }) =>
  set({ ck: sha256.slice(0, 8), name: null, seed, psi: psi === 1 ? null : psi });

/** The address to give away: this page with our own names and no others. */
export function whole() {
  const address = new URL(location.pathname, location.origin);
  for (const name of LINKED) {
    const value = get(name);
    if (value !== null) address.searchParams.set(name, value);
  }
  return address.href;
}

/**
 * What the link with which the page came says of the tab that it opens; of another one, nothing.
 * @param {string} tab
 * @param {string} name
 */
export const cameOn = (tab, name) => ((CAME.get("tab") ?? "explore") === tab ? (CAME.get(name) ?? "") : "");

/**
 * The cell that it enlarges on a tab, or null.
 * @param {string} tab
 */
export function cellOn(tab) {
  const cell = cameOn(tab, "cell");
  return /^\d{1,2}$/.test(cell) ? Number(cell) : null;
}
