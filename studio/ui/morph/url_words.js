// How the link says what Morph shows, so that it gives the same picture anywhere: a place, and after a "_" each what was done
// to it on its way through the generator.
//   A,B,t,way    walk,way,closed or open,t,A,B,...    pad,x,y,A,B,C,D    sefa or pca,eight amounts    mix,seed,first style

import { parsePsi, parseSeed } from "../shared/parsers.js";

/** @import { Choice } from "./types.d.ts" */
/** @typedef {(word: string) => any} Reader gives what a word says, or null where it is not what it should be */

export const AMOUNTS = 8; // directions
/** @type {Record<string, string>} */
export const METHOD_NAMES = { sefa: "SeFa", pca: "PCA" };
export const MOST_STOPS = 12;
const WAYS = ["slerp", "lerp"];
const SIGMAS = 3; // how far a direction goes
const MOST_STYLES = 16;

/**
 * @param {string[]} some
 * @returns {Reader}
 */
const isOneOf = (some) => (text) => (some.includes(text) ? text : null);
const readWay = isOneOf(WAYS);

/**
 * @param {number} most
 * @returns {Reader}
 */
const readNumber = (most) => (text) =>
  /^-?\d+(\.\d+)?(e-\d+)?$/.test(text) && Math.abs(Number(text)) <= most ? Number(text) : null;

/**
 * As many words as there are readers, each read by its own; empty where one is not what it should be.
 * @param {string[]} words
 * @param {Reader[]} readers
 * @returns {any[]}
 */
function readAll(words, readers) {
  if (words.length !== readers.length) return [];
  const values = words.map((word, place) => readers[place](word));
  return values.includes(null) ? [] : values;
}

/**
 * @param {string[]} words
 * @returns {Partial<Choice> | null}
 */
function readWalk(words) {
  const stopReaders = words.slice(3).map(() => parseSeed);
  const readers = [readWay, isOneOf(["closed", "open"]), readNumber(MOST_STOPS), ...stopReaders];
  const [way, closed, position, ...stops] = readAll(words, readers);
  const isWalk = stops.length > 0 && stops.length <= MOST_STOPS && position >= 0;
  return isWalk ? { mode: "walk", way, closed: closed === "closed", position, stops } : null;
}

/**
 * @param {string[]} words
 * @returns {Partial<Choice> | null}
 */
function readPlace([kind, ...words]) {
  if (kind === "walk") return readWalk(words);
  if (kind === "pad") {
    const [x, y, ...corners] = readAll(words, [parsePsi, parsePsi, ...Array(4).fill(parseSeed)]);
    return x === undefined ? null : { mode: "pad", x, y, corners };
  }
  const [a, b, position, way] = readAll([kind, ...words], [parseSeed, parseSeed, parsePsi, readWay]);
  return a === undefined ? null : { mode: "pair", pair: [a, b], position, way };
}

/**
 * @param {string[]} words
 * @returns {Partial<Choice> | null}
 */
function readChange([kind, ...words]) {
  if (kind === "mix") {
    const [seed, from] = readAll(words, [parseSeed, readNumber(MOST_STYLES - 1)]);
    return Number.isInteger(from) && from >= 0 ? { mix: { seed, from } } : null;
  }
  if (!Object.hasOwn(METHOD_NAMES, kind)) return null;
  const amounts = readAll(words, Array(AMOUNTS).fill(readNumber(SIGMAS)));
  return amounts.length > 0 ? { method: kind, amounts } : null;
}

/**
 * What a link says; nonsense is passed over, all of it.
 * @param {string} text
 * @returns {Partial<Choice>}
 */
export function readLink(text) {
  const [place, ...changes] = text.split("_").map((part) => part.split(","));
  const read = [readPlace(place), ...changes.map(readChange)];
  return read.includes(null) ? {} : Object.assign({}, ...read);
}

/**
 * What a choice is in a link, or null where there is nothing to show.
 * @param {Omit<Choice, "sha256" | "psi">} choice
 */
export function writeLink({ mode, pair, stops, corners, position, closed, way, x, y, method, amounts, mix }) {
  if (mode === "walk" && stops.length === 0) return null;
  /** @type {Record<string, (string | number)[]>} */
  const places = {
    pair: [...pair, position, way],
    walk: ["walk", way, closed ? "closed" : "open", position, ...stops],
    pad: ["pad", x, y, ...corners],
  };
  const parts = [places[mode]];
  if (amounts.some((amount) => amount !== 0)) parts.push([method, ...amounts]);
  if (mix !== null) parts.push(["mix", mix.seed, mix.from]);
  return parts.map((part) => part.join(",")).join("_");
}
