// What a wide page shows beside a tile: the tiles that were seen, the favourites, and how the checkpoint was trained,
// but with the attribute `tiles-only`, where what is being looked at need not be of this checkpoint.
// `<tile-neighbours>` is an element of its own, so that the HTML of any tab can have one; it is empty on a narrower page.

import { trainingFactNodes } from "./checkpoint_facts.js";
import { findCheckpoint } from "./checkpoints.js";
import { focusedElement, make } from "./dom.js";
import { isSame, keyOf } from "./favourite.js";
import { visitedTiles } from "./history_strip.js";
import * as localFavourites from "./local_favourites.js";
import { page, setSeed } from "./page_state.js";
import { openSeed, showsTile } from "./tabs.js";
import { textOf, tileWords } from "./texts.js";

/** @import { TileKey } from "./types.d.ts" */
/** @typedef {TileKey & { name: string, thumb: string | null }} SmallTile */

export const WIDE = matchMedia("(min-width: 1500px)"); // as in page.css
const CHANGES = ["race:visited", "race:favourites", "race:list", "race:tab", "ganrace:shown", "ganrace:language"];

// Explore and Export show the tile in their place; any other tab leads to Explore.
/** @param {TileKey} tile */
function openTile({ sha256, seed, psi }) {
  if (showsTile()) setSeed({ sha256, seed, psi });
  else openSeed({ sha256, seed, psi });
}

/** @param {SmallTile} tile */
function tileButton(tile) {
  const words = tileWords(tile);
  const image = make("img", { src: tile.thumb ?? "", alt: "", width: 112, height: 112 });
  const button = make("button", { type: "button", className: "thumb", title: words }, image);
  button.setAttribute("aria-label", words);
  button.setAttribute("aria-current", String(isSame(page.shown, tile)));
  button.dataset.tile = keyOf(tile);
  button.addEventListener("click", () => openTile(tile));
  return make("li", {}, button);
}

/**
 * @param {string} title the key of its text
 * @param {SmallTile[]} tiles
 * @param {string} none the key of what is said where there are none
 */
function tilesSection(title, tiles, none) {
  const words = textOf(title);
  const list = make("ul", { className: "neighbour-tiles" }, ...tiles.map(tileButton));
  list.setAttribute("aria-label", words);
  const content = tiles.length > 0 ? list : make("p", { className: "hint", textContent: textOf(none) });
  return make("section", {}, make("h2", { textContent: words }), content);
}

function factsSection() {
  const checkpoint = page.shown && page.list ? findCheckpoint(page.list, page.shown.sha256) : undefined;
  const rows = trainingFactNodes(checkpoint);
  if (rows.length === 0) return [];
  const list = make("dl", { className: "facts" }, ...rows);
  return [make("section", {}, make("h2", { textContent: textOf("passport") }), list)];
}

class TileNeighbours extends HTMLElement {
  #leaving = new AbortController();
  #isDue = false;

  connectedCallback() {
    const { signal } = (this.#leaving = new AbortController());
    for (const name of CHANGES) document.addEventListener(name, () => this.#showSoon(), { signal });
    WIDE.addEventListener("change", () => this.#showSoon(), { signal });
    this.#showSoon();
  }

  disconnectedCallback() {
    this.#leaving.abort();
  }

  // Once the tile itself is on the screen, and once for all that has changed.
  #showSoon() {
    if (this.#isDue) return;
    this.#isDue = true;
    requestAnimationFrame(() => setTimeout(() => this.#show()));
  }

  #show() {
    this.#isDue = false;
    if (!WIDE.matches || !this.checkVisibility()) return;
    const focused = this.contains(document.activeElement) ? focusedElement()?.dataset.tile : undefined;
    const favourites = [...localFavourites.all()].sort((one, other) => other.added - one.added);
    this.replaceChildren(
      tilesSection("visited", [...visitedTiles()].reverse(), "visited_none"),
      tilesSection("neighbour_favourites", favourites, "neighbour_favourites_none"),
      ...(this.hasAttribute("tiles-only") ? [] : factsSection()),
    );
    const again = focused === undefined ? null : this.querySelector(`[data-tile="${CSS.escape(focused)}"]`);
    if (again instanceof HTMLElement) again.focus({ preventScroll: true });
  }
}
customElements.define("tile-neighbours", TileNeighbours);
