// The texts of the page in the language that was chosen; the other language is fetched when somebody switches to it.

import { findCheckpoint, isPreview } from "./checkpoints.js";
import { page } from "./page_state.js";
import { fillIn } from "./placeholders.js";
import * as storage from "./storage.js";
import * as urlState from "./url_state.js";

/** @import { Checkpoint, Named, ProgramError, TileKey, Values } from "./types.d.ts" */

const LANGUAGES = ["en", "ja"];
const KEPT = "language";
const RETRY_MILLISECONDS = 1000;
const NAMES = ["name", "now", "checkpoint"]; // values that may be the name of a checkpoint
const ADDED_NAME = /^(.*) · added((?: · raw)?)$/s;

/** @typedef {{ texts: Record<string, string> }} Language */

/** @type {Map<string, Promise<Language>>} */
const fetched = new Map();

/**
 * Addresses of the texts by language; `more_texts` has those of parts of the page that not every page has.
 * @type {{ texts: Record<string, string>, more_texts: Record<string, Record<string, string>> }}
 */
const { texts: ADDRESSES, more_texts: MORE_ADDRESSES } = JSON.parse(
  document.getElementById("race-modules")?.textContent ?? '{ "texts": {}, "more_texts": {} }',
);
/** @type {Set<string>} */
const parts = new Set();

/** @param {string} address */
async function fetchTexts(address) {
  const answer = await fetch(new URL(address, document.baseURI));
  if (!answer.ok) throw new Error(`The texts at ${address} were answered with ${answer.status}.`);
  return /** @type {Promise<Language>} */ (answer.json());
}

/**
 * The texts at an address, asked for once.
 * @param {string} address
 */
function textsAt(address) {
  const asked = fetched.get(address) ?? fetchTexts(address);
  fetched.set(address, asked);
  asked.catch(() => fetched.delete(address));
  return asked;
}

/**
 * The texts of a language, with those of the parts that have been added, also while these are fetched.
 * @param {string} language
 * @returns {Promise<Language>}
 */
async function textsOf(language) {
  const { size } = parts;
  const addresses = [ADDRESSES, ...[...parts].map((part) => MORE_ADDRESSES[part])].map((one) => one[language]);
  const found = await Promise.all(addresses.map(textsAt));
  if (size !== parts.size) return textsOf(language);
  return { texts: Object.assign({}, ...found.map((one) => one.texts)) };
}

/**
 * The link's language, else the one that was chosen last, else the browser's.
 * @returns {string}
 */
function firstLanguage() {
  const wanted = [urlState.get("lang"), storage.read(KEPT)];
  return wanted.find((one) => LANGUAGES.includes(one)) ?? (navigator.language.startsWith("ja") ? "ja" : "en");
}

// Without any texts there is no page: they are asked for until they come, in the language that is chosen by then.
async function firstTexts() {
  for (;;) {
    try {
      const { language } = page;
      const found = await textsOf(language);
      if (language === page.language) return found;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, RETRY_MILLISECONDS));
    }
  }
}

page.language = firstLanguage();
document.documentElement.lang = page.language;
let wanted = page.language;
/** @type {Language["texts"]} */
let texts = {};

/** Resolves once there are texts; no script of a component runs before. */
export const textsReady = firstTexts().then((first) => {
  ({ texts } = first);
});

/**
 * Have the texts of a part of the page, too, from now on.
 * @param {string} part
 */
export async function addTexts(part) {
  parts.add(part);
  ({ texts } = await firstTexts());
}

/** @param {string} key */
export const hasText = (key) => key in texts;

/**
 * A text with its values; of these, phrases (a reason, say), what is wrong with a manifest, the checkpoint of a hash
 * and that a checkpoint was added are put into the reader's language.
 * @param {string} key
 * @param {Values} [values]
 * @returns {string}
 */
export const textOf = (key, values = {}) => fillIn(texts[key] ?? key, inWords(values));

/**
 * The name of a checkpoint as it is shown: that it was added, which the program says in English, is said in the reader's
 * language.
 * @param {string} name
 * @returns {string}
 */
export function nameText(name) {
  const [, own, raw] = ADDED_NAME.exec(name) ?? [];
  return own === undefined ? name : `${fillIn(texts.name_added ?? "{name}", { name: own })}${raw}`;
}

/**
 * @param {Values} values
 * @returns {Values}
 */
function inWords(values) {
  const { problem, checkpoint_sha256: sha256 } = values;
  const one = sha256 && page.list ? findCheckpoint(page.list, sha256) : undefined;
  const phrases = Object.entries(values).filter(([, value]) => typeof value?.code === "string");
  const names = NAMES.filter((key) => typeof values[key] === "string").map((key) => [key, nameText(values[key])]);
  return {
    ...values,
    ...Object.fromEntries(names),
    ...Object.fromEntries(phrases.map(([key, phrase]) => [key, textOf(phrase.code, phrase.values)])),
    ...(problem && { field: claimText(problem) }),
    ...(sha256 && { checkpoint: one ? checkpointLabel(one) : sha256.slice(0, 8) }),
  };
}

/**
 * Fill every element that names a text: data-text for its content, data-label for its accessible name.
 * @param {Element} root
 */
function translate(root) {
  for (const node of root.querySelectorAll("[data-text]")) {
    node.textContent = textOf(/** @type {HTMLElement} */ (node).dataset.text ?? "");
  }
  for (const node of root.querySelectorAll("[data-label]")) {
    node.setAttribute("aria-label", textOf(/** @type {HTMLElement} */ (node).dataset.label ?? ""));
  }
}

/**
 * Show the page in another language, once its texts have come. Rejects where they cannot be fetched.
 * @param {string} language
 */
export async function setLanguage(language) {
  wanted = language;
  storage.write(KEPT, language);
  const found = await textsOf(language);
  if (language !== wanted) return; // somebody has switched back meanwhile
  ({ texts } = found);
  page.language = language;
  urlState.set({ lang: language });
  document.documentElement.lang = language;
  document.dispatchEvent(new CustomEvent("ganrace:language"));
}

/**
 * Translate an element, and do so again, with what `update` writes, when the language changes.
 * @param {Element} element
 * @param {() => void} update
 */
export function onLanguage(element, update) {
  const run = () => {
    translate(element);
    update();
  };
  document.addEventListener("ganrace:language", run);
  run();
}

/** @param {ProgramError} error */
export const errorText = (error) => textOf(error.code, error.values);

/**
 * A recipe or a network in the reader's language; one without a code is called as its file does.
 * @template {Named | null | undefined} T
 * @param {T} one
 * @returns {string | undefined}
 */
export const namedText = (one) => (one?.code ? textOf(one.code, one.values) : one?.text);

/**
 * What a file says of itself, in words.
 * @param {string} field
 */
export const claimText = (field) => (hasText(`claim_${field}`) ? textOf(`claim_${field}`) : field);

/**
 * A device as the metadata names it: a graphics card, or a count of CPU threads.
 * @param {string} words
 */
export function deviceText(words) {
  const [, count] = /^(\d+) CPU threads?$/.exec(words) ?? [];
  return count ? textOf("device_cpu", { count }) : words;
}

/** @param {{ alarms?: string[] } | null | undefined} checkpoint */
export const alarmTexts = (checkpoint) =>
  (checkpoint?.alarms ?? []).map((code) => (hasText(`alarm_${code}`) ? textOf(`alarm_${code}`) : code));

/**
 * @param {Pick<Checkpoint, "name" | "images" | "sha256">} one
 * @returns {string}
 */
export function checkpointLabel(one) {
  const images = (one.images ?? 0).toLocaleString(page.language);
  return textOf("checkpoint_label", { name: one.name, images, hash: one.sha256.slice(0, 8) });
}

/**
 * What a tile is called where it is small.
 * @param {TileKey & { name?: string }} one
 */
export function tileWords(one) {
  const key = one.psi === 1 ? "tile_words" : "tile_words_psi";
  return textOf(key, { ...one, name: one.name || one.sha256.slice(0, 8) });
}

/**
 * Which kind of weights drew a tile, as its caption says it; null where the checkpoint does not say.
 * @param {{ weights?: string | null }} tile
 */
export const weightsText = ({ weights }) => (weights ? textOf(`weights_${weights}`) : null);

/**
 * What the caption of a tile says until the exact one takes the place of its preview.
 * @param {{ precision?: string }} tile
 */
export const previewText = (tile) => (isPreview(tile) ? textOf("preview") : null);
