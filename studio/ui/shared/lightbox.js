// One cell enlarged from its exact pixels (lightbox.html), of one tile or of several, which all appear together, and the
// training pictures nearest to it.

import { make, setUpDialog } from "./dom.js";
import { onGestures } from "./gestures.js";
import { finderIn } from "./mount.js";
import { NearestPanel } from "./nearest_panel.js";

/** @import { ProgramError } from "./types.d.ts" */

/**
 * What a tab knows of its enlarged pictures.
 * @typedef {object} LightboxOptions
 * @property {(cell: number) => Promise<any>} ask gives the program's answer for a cell
 * @property {((cell: number, shown: any[]) => Promise<any>) | null} [nearest] gives the training pictures nearest to a
 *   cell, with what the program told of each picture that is shown; null where there are no training pictures
 * @property {() => Promise<any>} stopNearest lets the program look for no more of these
 * @property {(cell: number, shown: any[]) => { caption: string, pictures: { alt: string, title?: string }[] }} words
 * @property {(error: ProgramError) => void} fail
 * @property {(cell: number) => void} [opened]
 * @property {() => void} [closed]
 */

const STEPS = new Map([
  ["ArrowLeft", -1],
  ["ArrowRight", 1],
  ["ArrowUp", -10],
  ["ArrowDown", 10],
]);

export class Lightbox {
  /** @type {number | null} */
  #cell = null;
  #last = 0;
  /** @type {any[]} what the program told with each picture that is shown */
  #shown = [];
  /** Asked for while closed: what an earlier closing still has to tell must not end it. */
  #isOpening = false;
  /** @type {string[]} as they stand under the pictures */
  #titles = [];

  /**
   * @param {HTMLDialogElement} dialog
   * @param {LightboxOptions} options
   */
  constructor(dialog, options) {
    const $ = finderIn(dialog);
    this.dialog = dialog;
    this.options = options;
    this.grid = /** @type {HTMLElement} */ ($(".cell-grid"));
    this.caption = /** @type {HTMLElement} */ ($(".cell-caption"));
    const { nearest = null, stopNearest } = options;
    $(".copies").hidden = nearest === null;
    this.nearestPanel = new NearestPanel($(".copies"), {
      ask: async () => nearest?.(this.#cell ?? 0, this.#shown),
      askStop: stopNearest,
      titles: () => this.#titles,
    });
    onGestures(this.grid, { swipe: (by) => this.#move(by) });
    $(".previous-cell").addEventListener("click", () => this.#move(-1));
    $(".next-cell").addEventListener("click", () => this.#move(1));
    setUpDialog(dialog, () => this.open(this.#last));
    dialog.addEventListener("close", () => this.#closed());
    dialog.addEventListener("keydown", (event) => this.#pressed(event));
  }

  /** @param {number} by */
  #move(by) {
    if (this.#cell !== null) void this.open(this.#cell + by);
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    const by = STEPS.get(event.key);
    if (by === undefined) return;
    event.preventDefault();
    this.#move(by);
  }

  #closed() {
    if (this.#isOpening || this.dialog.open) return;
    this.#cell = null;
    this.nearestPanel.changed();
    this.options.closed?.();
  }

  /** @param {number} index of a cell; beyond the last one the first follows */
  async open(index) {
    const asked = (index + 100) % 100;
    this.#cell = this.#last = asked;
    this.#isOpening = !this.dialog.open;
    const answer = await this.options.ask(asked);
    if (asked !== this.#cell || answer.superseded) return;
    if (answer.error) return this.options.fail(answer.error);
    const cells = answer.cells ?? [answer];
    const addresses = cells.map((/** @type {{ png: string }} */ one) => `data:image/png;base64,${one.png}`);
    await Promise.all(addresses.map((/** @type {string} */ src) => Object.assign(new Image(), { src }).decode()));
    if (asked !== this.#cell) return;
    this.#shown = cells;
    this.#showPictures(addresses);
    this.showWords();
    this.options.opened?.(asked);
    if (!this.dialog.open) this.dialog.showModal();
    this.#isOpening = false;
    this.nearestPanel.changed();
  }

  /**
   * The elements stay, so that a finger that swipes on one of them does not lose it.
   * @param {string[]} addresses
   */
  #showPictures(addresses) {
    const { grid } = this;
    while (grid.children.length > addresses.length) grid.lastChild?.remove();
    while (grid.children.length < addresses.length) grid.append(newFigure());
    for (const [place, image] of grid.querySelectorAll("img").entries()) image.src = addresses[place];
    grid.dataset.count = String(addresses.length);
    this.dialog.classList.toggle("cells", addresses.length > 1);
  }

  showWords() {
    if (this.#cell === null) return;
    const said = this.options.words(this.#cell, this.#shown);
    this.caption.textContent = said.caption;
    this.#titles = said.pictures.map(({ title = "" }) => title);
    for (const [place, figure] of [...this.grid.children].entries()) {
      const { alt, title = "" } = said.pictures[place];
      const [image, name] = /** @type {[HTMLImageElement, HTMLElement]} */ ([...figure.children]);
      image.alt = alt;
      name.textContent = title;
      name.hidden = title === "";
    }
  }
}

function newFigure() {
  const image = make("img", { className: "cell", width: 512, height: 512 });
  return make("figure", {}, image, make("figcaption"));
}
