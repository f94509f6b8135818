// The tiles large, one after the other or two beside each other, in this viewer's own order.

import { make, setUpDialog } from "../shared/dom.js";
import { onGestures } from "../shared/gestures.js";
import { finderIn } from "../shared/mount.js";
import { keyAmong } from "../shared/shortcut_table.js";
import { textOf } from "../shared/texts.js";
import { $, currentStatus } from "./context.js";
import { preload, tilePicture } from "./tile_pictures.js";

/** @import { PictureKind } from "./tile_pictures.js" */

const dialog = /** @type {HTMLDialogElement} */ ($("dialog.exhibition"));
const $$ = finderIn(dialog);
const stage = /** @type {HTMLElement} */ ($$(".exhibition-stage"));

/** @type {string[]} */
let tiles = [];
let place = 0;
/** @type {string | null} the tile that stays while others come beside it */
let pinned = null;
let isSecond = false;
let isEnlarged = false;
/** @type {{ isChosen: (tile: string) => boolean, mayChoose: (tile: string) => boolean, choose: (tile: string) => void } | null} */
let chooser = null;

/**
 * Let the voter choose tiles here, too; with null, no more.
 * @param {typeof chooser} next
 */
export function setChooser(next) {
  chooser = next;
  if (dialog.open) showWords();
}

/**
 * Open the exhibition at a tile.
 * @param {string[]} shown the tiles in the order in which they come
 * @param {string} [first]
 */
export function openExhibition(shown, first) {
  if (shown.length === 0) return;
  tiles = shown;
  place = Math.max(first === undefined ? 0 : tiles.indexOf(first), 0);
  pinned = null;
  isSecond = isEnlarged = false;
  show();
  if (!dialog.open) dialog.showModal();
  stage.focus(); // the keys are for the pictures, not for the first button
}

/** Close it where the pictures have changed. */
export function closeExhibition() {
  if (dialog.open) dialog.close();
}

/** @returns {PictureKind} */
const kind = () => (isSecond ? "second" : "tile");

function show() {
  const shown = [...(pinned === null ? [] : [pinned]), tiles[place]];
  stage.replaceChildren(...shown.map(figure));
  stage.classList.toggle("two", shown.length > 1);
  stage.classList.toggle("enlarged", isEnlarged);
  stage.scrollTo(0, 0);
  showWords();
  for (const by of [1, -1]) preload(tiles[(place + by + tiles.length) % tiles.length], kind());
}

/** @param {string} tile */
function figure(tile) {
  return make("figure", {}, tilePicture(tile, kind(), 1280), make("figcaption", {}, tile));
}

function showWords() {
  const tile = tiles[place];
  const where =
    pinned === null
      ? textOf("race_tile_where", { tile, number: place + 1, count: tiles.length })
      : textOf("race_beside_where", { left: pinned, right: tile });
  $$(".where").textContent = where;
  for (const [name, isOn] of /** @type {const} */ ([
    [".enlarge", isEnlarged],
    [".beside", pinned !== null],
    [".second", isSecond],
  ])) {
    $$(name).setAttribute("aria-pressed", String(isOn));
  }
  $$(".beside").hidden = tiles.length < 2;
  showChoice(tile);
}

/** @param {string} tile */
function showChoice(tile) {
  const node = $$(".choose-here");
  const isChosen = chooser?.isChosen(tile) ?? false;
  node.hidden = chooser === null || !(isChosen || chooser.mayChoose(tile));
  node.textContent = textOf(isChosen ? "race_unchoose_here" : "race_choose_here", { tile });
  node.classList.toggle("primary", !isChosen);
}

/** @param {number} by */
function move(by) {
  place = (place + by + tiles.length) % tiles.length;
  if (tiles[place] === pinned) place = (place + by + tiles.length) % tiles.length;
  show();
}

function toggleBeside() {
  if (tiles.length < 2) return;
  if (pinned !== null) {
    pinned = null;
    return show();
  }
  pinned = tiles[place];
  move(1);
}

function toggleEnlarged() {
  isEnlarged = !isEnlarged;
  show();
}

function toggleSecond() {
  isSecond = !isSecond;
  show();
}

function toggleWholeScreen() {
  if (document.fullscreenElement) return void document.exitFullscreen();
  $$(".exhibition-screen")
    .requestFullscreen?.()
    .catch(() => {}); // not in every frame
}

/** @type {Record<string, () => void>} */
const KEYS = {
  ArrowLeft: () => move(-1),
  ArrowRight: () => move(1),
  ArrowUp: () => move(-1),
  ArrowDown: () => move(1),
  Enter: toggleEnlarged,
  b: toggleBeside,
  s: toggleSecond,
  f: toggleWholeScreen,
};

dialog.addEventListener("keydown", (event) => {
  const isButton = event.target instanceof HTMLButtonElement;
  const isPlain = !event.ctrlKey && !event.metaKey && !event.altKey;
  const key = keyAmong(Object.keys(KEYS), event);
  if (key === undefined || !isPlain || (isButton && key === "Enter")) return;
  const scrolls = isEnlarged && ["ArrowUp", "ArrowDown"].includes(key);
  if (scrolls) return;
  event.preventDefault();
  KEYS[key]();
});
dialog.addEventListener("close", () => document.fullscreenElement && void document.exitFullscreen());
onGestures(stage, { swipe: (by) => isEnlarged || move(by), tap: toggleEnlarged });
$$(".previous").addEventListener("click", () => move(-1));
$$(".next").addEventListener("click", () => move(1));
$$(".beside").addEventListener("click", toggleBeside);
$$(".second").addEventListener("click", toggleSecond);
$$(".enlarge").addEventListener("click", toggleEnlarged);
$$(".whole-screen").addEventListener("click", toggleWholeScreen);
$$(".choose-here").addEventListener("click", () => {
  chooser?.choose(tiles[place]);
  showWords();
});
setUpDialog(dialog);

/** Put what is shown into the language of the page. */
export function showExhibitionWords() {
  if (dialog.open && currentStatus() !== null) showWords();
}
