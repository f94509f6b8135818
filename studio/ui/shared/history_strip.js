// The tiles that were shown: a strip of thumbnails, the newest first, and the way back.

import { announce, make } from "./dom.js";
import { checked, isSame, keyOf } from "./favourite.js";
import { page, setSeed } from "./page_state.js";
import { inWindow } from "./storage.js";
import { openSeed } from "./tabs.js";
import { textOf, tileWords } from "./texts.js";

/** @import { TileKey } from "./types.d.ts" */
/** @typedef {TileKey & { name: string, thumb: string | null }} VisitedTile */

const MOST = 30;
const KEPT = "visited"; // for as long as this window is open

/**
 * @param {TileKey} tile
 * @returns {TileKey}
 */
const bare = ({ sha256, seed, psi }) => ({ sha256, seed, psi });

/** What the strip of this window held before a reload. */
function recalled() {
  const found = inWindow.read(KEPT);
  const kept = Array.isArray(found) ? found.map(checked) : [];
  return /** @type {VisitedTile[]} */ (kept.filter((/** @type {VisitedTile | null} */ one) => one?.thumb));
}

let visited = recalled();

/** The tiles that were shown in this window, the newest last; `race:visited` tells of a change. */
export const visitedTiles = () => visited;

/** @param {VisitedTile[]} tiles */
function remember(tiles) {
  visited = tiles;
  document.dispatchEvent(new CustomEvent("race:visited"));
  inWindow.write(KEPT, tiles);
}

/** The strip in one element of Explore. */
export class HistoryStrip {
  /** @type {TileKey[]} what was shown, in order */
  #trail = [];
  /** @type {Map<string, { button: HTMLButtonElement, tile: VisitedTile }>} what the strip holds, the newest last */
  #held = new Map();
  /** @type {TileKey | null} the tile of the trail that is awaited, and may not be there any more */
  #missed = null;

  /** @param {HTMLElement} strip */
  constructor(strip) {
    this.strip = strip;
    for (const tile of visited) {
      this.#add(tile);
      this.#trail.push(bare(tile));
    }
  }

  /**
   * To be called with every tile that is shown.
   * @param {VisitedTile} tile
   */
  visit(tile) {
    this.#missed = null;
    if (!isSame(this.#trail.at(-1), tile)) this.#trail.push(bare(tile));
    if (this.#held.has(keyOf(tile))) this.#toFront(keyOf(tile));
    else this.#add(tile);
    for (const [key, { button }] of this.#held) button.setAttribute("aria-current", String(key === keyOf(tile)));
    remember([...this.#held.values()].map((one) => one.tile));
  }

  /** @param {VisitedTile} tile */
  #add({ sha256, seed, psi, name, thumb }) {
    const tile = { sha256, seed, psi, name, thumb };
    const image = make("img", { src: thumb ?? "", alt: "", width: 64, height: 64 });
    const button = make("button", { type: "button", className: "thumb", tile }, image);
    button.addEventListener("click", () => openSeed(tile));
    make("li", {}, button);
    this.#held.set(keyOf(tile), { button, tile });
    this.#toFront(keyOf(tile));
    if (this.#held.size > MOST) this.#forgetOldest();
    this.showWords();
  }

  /**
   * The newest comes first; whoever has the focus keeps it.
   * @param {string} key
   */
  #toFront(key) {
    const one = this.#held.get(key);
    if (one === undefined || one.button.parentElement === null) return;
    const focused = document.activeElement === one.button;
    this.strip.prepend(one.button.parentElement);
    this.strip.scrollLeft = 0;
    if (focused) one.button.focus({ preventScroll: true });
    this.#held.delete(key);
    this.#held.set(key, one);
  }

  #forgetOldest() {
    const [key, { button }] = [...this.#held][0];
    this.#held.delete(key);
    button.parentElement?.remove();
  }

  showWords() {
    this.strip.hidden = this.#held.size < 2;
    for (const { button, tile } of this.#held.values()) {
      const words = tileWords(tile);
      button.setAttribute("aria-label", words);
      button.title = words;
    }
  }

  /** Show the tile before this one; the first press while another is still awaited calls that one off. */
  back() {
    const trail = this.#trail;
    const isSettled = isSame(page.shown, page.seed);
    if (isSettled && isSame(trail.at(-1), this.#missed) && !isSame(this.#missed, page.seed)) {
      trail.pop(); // it could not be shown
    }
    if (isSame(trail.at(-1), page.seed) && trail.length > 1) trail.pop();
    else if (isSame(trail.at(-1), page.seed)) announce(textOf("no_way_back"));
    const before = trail.at(-1);
    if (before === undefined) return;
    this.#missed = before;
    setSeed(before);
  }
}
