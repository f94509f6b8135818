// What the link says: the part of the address that is ours; everything else in it is left alone.

import { findCheckpoint } from "./checkpoints.js";
import { parsePsi, parseSeed } from "./parsers.js";

/** @import { CheckpointList, ProgramError, TileKey } from "./types.d.ts" */

const LINKED = ["ck", "seed", "psi", "tab", "cell", "cmp", "cmpmode", "cmpseeds", "start", "count", "morph", "lang"];
if (location.search.includes("&amp;")) {
  history.replaceState(history.state, "", location.search.replaceAll("&amp;", "&") + location.hash);
}
const CAME = new URLSearchParams(location.search); // the link with which the page came

/**
 * How a part of the link is checked, and what is wrong where it is none of its kind.
 * @type {Record<string, { test: (value: string) => boolean, error: (value: string) => ProgramError }>}
 */
const READ = {
  ck: {
    test: (value) => /^[0-9a-f]{8,64}$/i.test(value),
    error: (value) => ({ code: "error_unknown_checkpoint", values: { hash: value.slice(0, 8) } }),
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

/** @param {string} name */
export const get = (name) => new URLSearchParams(location.search).get(name);

/**
 * Change the address in place.
 * @param {Record<string, string | number | null | undefined>} change a value of null takes the name out
 */
export function set(change) {
  const address = new URL(location.href);
  for (const [name, value] of Object.entries(change)) {
    if (value === null || value === undefined) address.searchParams.delete(name);
    else address.searchParams.set(name, String(value));
  }
  if (address.href !== location.href) history.replaceState(history.state, "", address);
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
export const nameTile = ({ sha256, seed, psi }) => set({ ck: sha256.slice(0, 8), seed, psi: psi === 1 ? null : psi });

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
