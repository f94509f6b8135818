// The wall: tiles side by side, one over the other, or one beside the other's edge; the cell that is lit; zoom.

import { placeOfCell } from "../shared/cells.js";
import { announce, make } from "../shared/dom.js";
import { page } from "../shared/page_state.js";
import { textOf, weightsText } from "../shared/texts.js";
import { showGuess } from "./blind_guess.js";
import { $, COLUMNS, LETTERS, state, wallNode } from "./context.js";
import { openCells } from "./lightbox.js";
import { mismatch, redraw, showMismatch } from "./tab.js";

const SMALL_MOVE = 6; // pixels that a press may wander and still be a click
let held = false;
const view = { zoom: 1, x: 0, y: 0 }; // x and y in per cent of a frame
const ZOOMS = [1, 1.5, 2, 3, 4, 6, 8];

export const isHidden = () => state.blind && !state.revealed;
export const titleOf = (place) => {
  const tile = state.wall.tiles[state.order[place]];
  if (isHidden()) return textOf("compare_letter", { letter: LETTERS[place] });
  return state.blind ? `${LETTERS[place]} = ${tile.name}` : `${state.order[place] + 1} · ${tile.name}`;
};
const altOf = (place) => {
  const tile = state.wall.tiles[state.order[place]];
  return textOf("tile_alt", { seed: state.wall.seed, name: isHidden() ? titleOf(place) : tile.name });
};

export const psiText = (psi) => (psi === 1 ? null : textOf("caption_psi", { psi }));

// Which checkpoint it is that drew a tile: how far it had been trained, its hash, and which of its weights.
export function identityOf({ sha256, images, weights }) {
  const seen = images === null ? null : textOf("compare_images", { images: images.toLocaleString(page.language) });
  return [seen, sha256.slice(0, 8), weightsText({ weights })].filter(Boolean).join(" · ");
}

export function detailsOf(place) {
  const tile = state.wall.tiles[state.order[place]];
  const z = `z ${tile.z_hash}`;
  const psi = psiText(state.wall.psi);
  if (isHidden()) return [mismatch() === null ? z : null, psi].filter(Boolean).join(" · ");
  const first = state.wall.tiles.findIndex((one) => one.sha256 === tile.sha256);
  const twin = first < state.order[place] ? textOf("compare_identical", { number: first + 1 }) : null;
  return [identityOf(tile), z, psi, twin].filter(Boolean).join(" · ");
}

function captionOf(place) {
  const caption = make(
    "figcaption",
    {},
    make("strong", { textContent: titleOf(place) }),
    make("span", { textContent: detailsOf(place) }),
  );
  caption.dataset.seed = String(state.wall.seed);
  return caption;
}

// Which places stand in which frame: each in its own, or a pair in one.
const pairOf = () => state.pair.map((place) => Math.min(place, state.order.length - 1));
const framesOf = () => (state.mode === "side" ? state.order.map((_, place) => [place]) : [pairOf()]);

// A finger taps where the mouse points and presses; who has a mouse, has keys.
const noMouse = matchMedia("(hover: none)");
const howText = () => textOf(noMouse.matches ? `compare_how_${state.mode}_touch` : `compare_how_${state.mode}`);

export function showWall(images) {
  const frames = framesOf();
  wallNode.dataset.count = frames.length;
  while (wallNode.children.length > frames.length) wallNode.lastChild.remove();
  while (wallNode.children.length < frames.length) wallNode.append(newFrame());
  frames.forEach((places, index) => fillFrame(wallNode.children[index], places, images));
  $(".curtain").hidden = state.mode !== "slider";
  $(".how").textContent = [mismatch() === null ? textOf("compare_same_place") : "", howText()].join(" ");
  showHeld();
  showLit();
  showView();
  showPair();
  showGuess();
  showMismatch();
}

function newFrame() {
  const button = make("button", { type: "button", className: "frame" }, make("span", { className: "pan" }));
  button.setAttribute("data-keys", "");
  return make("figure", {}, button, make("div", { className: "captions" }));
}

function fillFrame(figure, places, images) {
  const pictures_ = places.map((place, layer) => {
    // A tile that stands in both layers needs an element of its own in each.
    const image =
      layer > 0 && places[0] === place ? images[state.order[place]].cloneNode() : images[state.order[place]];
    image.className = `tile layer-${layer}`;
    image.alt = altOf(place);
    return image;
  });
  figure
    .querySelector(".pan")
    .replaceChildren(
      ...pictures_,
      make("span", { className: "ring", hidden: true }),
      make("span", { className: "line" }),
    );
  figure.querySelector(".captions").replaceChildren(...places.map(captionOf));
}

// The pair of flip and slider, to be chosen where there are more than two.
export function showPair() {
  $(".pair").hidden = !["flip", "slider"].includes(state.mode) || state.order.length < 3 || state.wall === null;
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

// Hold to flip: the second tile lies on the first and is only made visible, so that nothing moves.
export function hold(on) {
  if (held === on || (on && (state.mode === "matrix" || state.wall === null))) return;
  held = on;
  showHeld();
  announce(titleOf(pairOf()[held ? 1 : 0]));
}

function showHeld() {
  wallNode.classList.toggle("held", held);
  for (const node of wallNode.querySelectorAll(".over")) node.remove();
  if (held && state.mode === "side") layOver(...pairOf());
}

// Side by side, the second tile with its words is laid over the first one for as long as it is held.
function layOver(first, second) {
  const [below, above] = [first, second].map((place) => wallNode.children[place]);
  if (first === second || above === undefined) return;
  const image = Object.assign(above.querySelector(".tile").cloneNode(), { className: "tile over", decoding: "sync" });
  below.querySelector(".tile").after(image);
  below.querySelector(".captions").append(Object.assign(captionOf(second), { className: "over" }));
}

export const showCurtain = () => wallNode.style.setProperty("--curtain", `${$(".curtain").value}%`);
$(".curtain").addEventListener("input", showCurtain);

// The cell that is lit in every tile.
export function setLit(cell, said = false) {
  state.lit = cell;
  showLit();
  if (said && state.lit !== null) announce(textOf("cell", placeOfCell(state.lit)));
}

function showLit() {
  for (const ring of wallNode.querySelectorAll(".ring")) {
    ring.hidden = state.lit === null;
    ring.dataset.cell = state.lit ?? "";
    ring.style.left = `${((state.lit ?? 0) % COLUMNS) * COLUMNS}%`;
    ring.style.top = `${Math.floor((state.lit ?? 0) / COLUMNS) * COLUMNS}%`;
  }
  $(".lit-words").textContent = state.lit === null ? "" : textOf("cell", placeOfCell(state.lit));
}

function cellAt(event) {
  const box = event.target.closest(".frame")?.querySelector(".pan")?.getBoundingClientRect();
  if (!box) return null;
  const [column, row] = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height].map((at) =>
    Math.floor(at * COLUMNS),
  );
  return column < 0 || row < 0 || column >= COLUMNS || row >= COLUMNS ? null : row * COLUMNS + column;
}

// Zoom and pan, the same for all.
function showView() {
  const least = (1 - view.zoom) * 100;
  view.x = Math.min(0, Math.max(least, view.x));
  view.y = Math.min(0, Math.max(least, view.y));
  wallNode.style.setProperty("--zoom", view.zoom);
  wallNode.style.setProperty("--x", `${view.x}%`);
  wallNode.style.setProperty("--y", `${view.y}%`);
  wallNode.classList.toggle("zoomed", view.zoom > 1);
  $(".zoom-words").textContent = `${Math.round(view.zoom * 100)} %`;
}

// Zoom so that the point at (x, y), in per cent of a frame, stays where it is.
function zoomTo(zoom, x, y) {
  const next = Math.min(ZOOMS.at(-1), Math.max(1, zoom));
  view.x = x - ((x - view.x) / view.zoom) * next;
  view.y = y - ((y - view.y) / view.zoom) * next;
  view.zoom = next;
  showView();
}

// The buttons zoom at the lit cell and bring it to the middle.
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

// Fingers and the mouse. A press that wanders pans; two fingers pinch; in flip a press shows the other tile, a finger's
// only after a moment: until then it may be a tap, a pinch or a scroll.
const HOLD_MILLISECONDS = 200;
const fingers = new Map();
let wandered = false;
let flipped = false; // the press has shown the other tile, and is no tap any more
let waiting = null;

function flip() {
  flipped = true;
  hold(true);
}

function beginFlip(event) {
  flipped = false;
  if (state.mode !== "flip") return;
  if (event.pointerType === "touch") waiting = setTimeout(flip, HOLD_MILLISECONDS);
  else flip();
}

function endFlip() {
  clearTimeout(waiting);
  hold(false);
}
const shareOf = (event, box) => [
  ((event.clientX - box.left) / box.width) * 100,
  ((event.clientY - box.top) / box.height) * 100,
];
const frameBox = () => wallNode.querySelector(".frame").getBoundingClientRect();

function pinched() {
  const [one, other] = [...fingers.values()];
  return { distance: Math.hypot(one.x - other.x, one.y - other.y), x: (one.x + other.x) / 2, y: (one.y + other.y) / 2 };
}

wallNode.addEventListener("pointerdown", (event) => {
  const frame = event.target.closest(".frame");
  if (!frame || event.button !== 0) return;
  if (fingers.size === 0) wandered = false;
  fingers.set(event.pointerId, { x: event.clientX, y: event.clientY, startX: event.clientX, startY: event.clientY });
  frame.setPointerCapture(event.pointerId);
  if (state.mode === "slider" && view.zoom === 1 && event.pointerType !== "touch") moveCurtain(event);
  if (fingers.size === 1) beginFlip(event);
  else clearTimeout(waiting);
});

wallNode.addEventListener("pointermove", (event) => {
  const finger = fingers.get(event.pointerId);
  if (!finger) {
    if (event.pointerType !== "touch") setLit(cellAt(event));
    return;
  }
  const box = event.target.closest(".frame").getBoundingClientRect();
  const before = fingers.size === 2 ? pinched() : null;
  const [moveX, moveY] = [event.clientX - finger.x, event.clientY - finger.y];
  Object.assign(finger, { x: event.clientX, y: event.clientY });
  wandered ||= Math.hypot(finger.x - finger.startX, finger.y - finger.startY) > SMALL_MOVE;
  if (wandered) clearTimeout(waiting);
  if (before !== null) {
    const now = pinched();
    zoomTo(
      (view.zoom * now.distance) / Math.max(before.distance, 1),
      ...shareOf({ clientX: now.x, clientY: now.y }, box),
    );
  } else if (state.mode === "slider" && view.zoom === 1) {
    (wandered || event.pointerType !== "touch") && moveCurtain(event);
  } else if (view.zoom > 1) {
    Object.assign(view, { x: view.x + (moveX / box.width) * 100, y: view.y + (moveY / box.height) * 100 });
    showView();
  }
});

for (const name of ["pointerup", "pointercancel"]) {
  wallNode.addEventListener(name, (event) => {
    fingers.delete(event.pointerId);
    if (fingers.size === 0) endFlip();
  });
}
wallNode.addEventListener("pointerleave", (event) => event.pointerType !== "touch" && setLit(null));
wallNode.addEventListener("contextmenu", (event) => state.mode === "flip" && event.preventDefault());
wallNode.addEventListener(
  "wheel",
  (event) => {
    if (!event.ctrlKey || !event.target.closest(".frame")) return; // a trackpad's pinch; the plain wheel scrolls the page
    event.preventDefault();
    zoomTo(
      view.zoom * Math.exp(-event.deltaY / 200),
      ...shareOf(event, event.target.closest(".frame").getBoundingClientRect()),
    );
  },
  { passive: false },
);

function moveCurtain(event) {
  const box = frameBox();
  $(".curtain").value = Math.min(100, Math.max(0, ((event.clientX - box.left) / box.width) * 100));
  showCurtain();
}

wallNode.addEventListener("click", (event) => {
  if (!event.target.closest(".frame") || state.wall === null) return;
  if (event.detail === 0) return openCells(state.lit ?? 0);
  const touch = event.pointerType === "touch";
  if (wandered || flipped || (state.mode !== "side" && !touch)) return; // there the mouse flips, or moves the line
  const cell = cellAt(event);
  if (cell === null) return;
  if (touch && cell !== state.lit) setLit(cell, true);
  else openCells(cell);
});

// On a focused tile the arrows move the lit cell.
wallNode.addEventListener("keydown", (event) => {
  const by = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -COLUMNS, ArrowDown: COLUMNS }[event.key];
  if (by === undefined || !event.target.closest(".frame") || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  setLit(state.lit === null ? 0 : (state.lit + by + 100) % 100, true);
});
wallNode.addEventListener(
  "focusin",
  (event) => event.target.matches(":focus-visible") && state.lit === null && setLit(0, true),
);

export const focusTile = (place) => wallNode.querySelectorAll(".frame")[place]?.focus();
