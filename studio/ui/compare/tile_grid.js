// The grid of tiles: tiles side by side, one over the other, or one beside the other's edge; the cell that is lit; zoom.

import { placeOfCell } from "../shared/cells.js";
import { announce, make } from "../shared/dom.js";
import { finderIn } from "../shared/mount.js";
import { textOf } from "../shared/texts.js";
import { decoded, mismatch, showMismatch } from "./compared.js";
import { $, COLUMNS, state, gridNode, gridNow, gridShown } from "./context.js";
import { altOf, detailsOf, titleOf } from "./tile_words.js";

let held = false;
export const view = { zoom: 1, x: 0, y: 0 }; // x and y in per cent of a frame
const ZOOMS = [1, 1.5, 2, 3, 4, 6, 8];

/** @param {number} place */
function captionOf(place) {
  const caption = make(
    "figcaption",
    {},
    make("strong", { textContent: titleOf(place) }),
    make("span", { textContent: detailsOf(place) }),
  );
  caption.dataset.seed = String(gridNow().seed);
  return caption;
}

// Which places stand in which frame: each in its own, or a pair in one.
const pairOf = () => state.pair.map((place) => Math.min(place, state.order.length - 1));
const framesOf = () => (state.mode === "side" ? state.order.map((_, place) => [place]) : [pairOf()]);

// A finger taps where the mouse points and presses; who has a mouse, has keys.
const noMouse = matchMedia("(hover: none)");
const howText = () => textOf(noMouse.matches ? `compare_how_${state.mode}_touch` : `compare_how_${state.mode}`);

/** @param {HTMLImageElement[]} images */
export function showGrid(images) {
  const frames = framesOf();
  gridNode.dataset.count = String(frames.length);
  while (gridNode.children.length > frames.length) gridNode.lastChild?.remove();
  while (gridNode.children.length < frames.length) gridNode.append(newFrame());
  frames.forEach((places, index) => fillFrame(gridNode.children[index], places, images));
  $(".curtain").hidden = state.mode !== "slider";
  $(".how").textContent = [mismatch() === null ? textOf("compare_same_place") : "", howText()].join(" ");
  showHeld();
  showLit();
  showView();
  showPair();
  gridShown.send();
  showMismatch();
}

function newFrame() {
  const button = make("button", { type: "button", className: "frame" }, make("span", { className: "pan" }));
  button.setAttribute("data-keys", "");
  return make("figure", {}, button, make("div", { className: "captions" }));
}

/**
 * @param {Element} figure
 * @param {number[]} places
 * @param {HTMLImageElement[]} images
 */
function fillFrame(figure, places, images) {
  const pictures_ = places.map((place, layer) => {
    // A tile that stands in both layers needs an element of its own in each.
    const shown = images[state.order[place]];
    const isTwin = layer > 0 && places[0] === place;
    const image = /** @type {HTMLImageElement} */ (isTwin ? shown.cloneNode() : shown);
    image.className = `tile layer-${layer}`;
    image.alt = altOf(place);
    return image;
  });
  const findIn = finderIn(figure);
  findIn(".pan").replaceChildren(
    ...pictures_,
    make("span", { className: "ring", hidden: true }),
    make("span", { className: "line" }),
  );
  findIn(".captions").replaceChildren(...places.map(captionOf));
}

// The pair of flip and slider, to be chosen where there are more than two.
export function showPair() {
  $(".pair").hidden = !["flip", "slider"].includes(state.mode) || state.order.length < 3 || state.grid === null;
  if ($(".pair").hidden) return;
  [".pick-first", ".pick-second"].forEach((selector, index) => {
    const options = state.order.map(
      (_, place) => new Option(titleOf(place), String(place), false, place === state.pair[index]),
    );
    $(selector).replaceChildren(...options);
  });
}

[".pick-first", ".pick-second"].forEach((selector, index) =>
  $(selector).addEventListener("change", () => {
    state.pair = state.pair.with(index, Number($(selector).value));
    redraw();
  }),
);

/**
 * Hold to flip: the second tile lies on the first and is only made visible, so that nothing moves.
 * @param {boolean} on
 */
export function hold(on) {
  if (held === on || (on && (state.mode === "matrix" || state.grid === null))) return;
  held = on;
  showHeld();
  announce(titleOf(pairOf()[held ? 1 : 0]));
}

function showHeld() {
  gridNode.classList.toggle("held", held);
  for (const node of gridNode.querySelectorAll(".over")) node.remove();
  if (held && state.mode === "side") layOver(pairOf());
}

/**
 * Side by side, the second tile with its words is laid over the first one for as long as it is held.
 * @param {number[]} pair of places
 */
function layOver([first, second]) {
  const [below, above] = [first, second].map((place) => gridNode.children[place]);
  if (first === second || above === undefined) return;
  const image = Object.assign(above.querySelector(".tile").cloneNode(), { className: "tile over", decoding: "sync" });
  below.querySelector(".tile").after(image);
  below.querySelector(".captions").append(Object.assign(captionOf(second), { className: "over" }));
}

export const showCurtain = () => gridNode.style.setProperty("--curtain", `${$(".curtain").value}%`);

$(".curtain").addEventListener("input", showCurtain);

/**
 * The cell that is lit in every tile.
 * @param {number | null} cell
 */
export function setLit(cell, said = false) {
  state.lit = cell;
  showLit();
  if (said && state.lit !== null) announce(textOf("cell", placeOfCell(state.lit)));
}

function showLit() {
  for (const ring of gridNode.querySelectorAll(".ring")) {
    ring.hidden = state.lit === null;
    ring.dataset.cell = state.lit ?? "";
    ring.style.left = `${((state.lit ?? 0) % COLUMNS) * COLUMNS}%`;
    ring.style.top = `${Math.floor((state.lit ?? 0) / COLUMNS) * COLUMNS}%`;
  }
  $(".lit-words").textContent = state.lit === null ? "" : textOf("cell", placeOfCell(state.lit));
}

// Zoom and pan, the same for all.
export function showView() {
  const least = (1 - view.zoom) * 100;
  view.x = Math.min(0, Math.max(least, view.x));
  view.y = Math.min(0, Math.max(least, view.y));
  gridNode.style.setProperty("--zoom", view.zoom);
  gridNode.style.setProperty("--x", `${view.x}%`);
  gridNode.style.setProperty("--y", `${view.y}%`);
  gridNode.classList.toggle("zoomed", view.zoom > 1);
  $(".zoom-words").textContent = `${Math.round(view.zoom * 100)} %`;
}

/**
 * Zoom so that the point at (x, y), in per cent of a frame, stays where it is.
 * @param {number} zoom
 * @param {number} x
 * @param {number} y
 */
export function zoomTo(zoom, x, y) {
  const next = Math.min(ZOOMS[ZOOMS.length - 1], Math.max(1, zoom));
  view.x = x - ((x - view.x) / view.zoom) * next;
  view.y = y - ((y - view.y) / view.zoom) * next;
  view.zoom = next;
  showView();
}

/**
 * The buttons zoom at the lit cell and bring it to the middle.
 * @param {number} by
 */
export function zoomBy(by) {
  const nearest = ZOOMS.findLastIndex((zoom) => zoom <= view.zoom + 1e-6);
  const at = by > 0 ? nearest + 1 : ZOOMS[nearest] < view.zoom - 1e-6 ? nearest : nearest - 1;
  const next = ZOOMS[Math.min(Math.max(at, 0), ZOOMS.length - 1)];
  const cell = state.lit ?? 44.5;
  const [x, y] = [((cell % COLUMNS) + 0.5) * COLUMNS, (Math.floor(cell / COLUMNS) + 0.5) * COLUMNS];
  Object.assign(view, { zoom: next, x: 50 - x * next, y: 50 - y * next });
  showView();
  announce(textOf("compare_zoomed", { percent: Math.round(next * 100) }));
}

export const zoomOff = () => {
  Object.assign(view, { zoom: 1, x: 0, y: 0 });
  showView();
};

$(".zoom-in").addEventListener("click", () => zoomBy(1));

$(".zoom-out").addEventListener("click", () => zoomBy(-1));

$(".zoom-reset").addEventListener("click", zoomOff);

/** @param {number} place */
export const focusTile = (place) => gridNode.querySelectorAll(".frame")[place]?.focus();

// Put the same tiles up again: another mode, other places, another language.
export async function redraw() {
  const now = state.grid;
  if (now === null) return;
  const images = await Promise.all(now.tiles.map((one) => decoded(one.url)));
  if (state.grid === now) showGrid(images);
}
