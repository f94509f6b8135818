// Fingers, the mouse and the arrows on the tiles of the grid. A press that wanders pans; two fingers pinch; in flip a press
// shows the other tile, a finger's only after a moment: until then it may be a tap, a pinch or a scroll.

import { $, COLUMNS, state, gridNode } from "./context.js";
import { openCells } from "./lightbox.js";
import { hold, setLit, showCurtain, showView, view, zoomTo } from "./tile_grid.js";

/** @typedef {PointerEvent & { target: any }} Press */
/** @typedef {{ x: number, y: number, startX: number, startY: number }} Finger */

const SMALL_MOVE = 6; // pixels that a press may wander and still be a click

const HOLD_MILLISECONDS = 200;
const STEPS = new Map([
  ["ArrowLeft", -1],
  ["ArrowRight", 1],
  ["ArrowUp", -COLUMNS],
  ["ArrowDown", COLUMNS],
]);
/** @type {Map<number, Finger>} */
const fingers = new Map();
let wandered = false;
let flipped = false; // the press has shown the other tile, and is no tap any more
let waiting = 0;

function flip() {
  flipped = true;
  hold(true);
}

/** @param {PointerEvent} event */
function beginFlip(event) {
  flipped = false;
  if (state.mode !== "flip") return;
  if (event.pointerType === "touch") waiting = window.setTimeout(flip, HOLD_MILLISECONDS);
  else flip();
}

function endFlip() {
  clearTimeout(waiting);
  hold(false);
}

/**
 * @param {{ clientX: number, clientY: number }} event
 * @param {DOMRect} box
 * @returns {[number, number]}
 */
const shareOf = (event, box) => [
  ((event.clientX - box.left) / box.width) * 100,
  ((event.clientY - box.top) / box.height) * 100,
];

const frameBox = () => gridNode.querySelector(".frame").getBoundingClientRect();

function pinched() {
  const [one, other] = [...fingers.values()];
  return { distance: Math.hypot(one.x - other.x, one.y - other.y), x: (one.x + other.x) / 2, y: (one.y + other.y) / 2 };
}

/** @param {Press} event */
function cellAt(event) {
  const box = event.target.closest(".frame")?.querySelector(".pan")?.getBoundingClientRect();
  if (!box) return null;
  const [column, row] = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height].map((at) =>
    Math.floor(at * COLUMNS),
  );
  return column < 0 || row < 0 || column >= COLUMNS || row >= COLUMNS ? null : row * COLUMNS + column;
}

/** @param {PointerEvent} event */
function moveCurtain(event) {
  const box = frameBox();
  $(".curtain").value = Math.min(100, Math.max(0, ((event.clientX - box.left) / box.width) * 100));
  showCurtain();
}

gridNode.addEventListener("pointerdown", (/** @type {Press} */ event) => {
  const frame = event.target.closest(".frame");
  if (!frame || event.button !== 0) return;
  if (fingers.size === 0) wandered = false;
  fingers.set(event.pointerId, { x: event.clientX, y: event.clientY, startX: event.clientX, startY: event.clientY });
  frame.setPointerCapture(event.pointerId);
  if (state.mode === "slider" && view.zoom === 1 && event.pointerType !== "touch") moveCurtain(event);
  if (fingers.size === 1) beginFlip(event);
  else clearTimeout(waiting);
});

gridNode.addEventListener("pointermove", (/** @type {Press} */ event) => {
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
  gridNode.addEventListener(name, (/** @type {Press} */ event) => {
    fingers.delete(event.pointerId);
    if (fingers.size === 0) endFlip();
  });
}

gridNode.addEventListener(
  "pointerleave",
  (/** @type {Press} */ event) => event.pointerType !== "touch" && setLit(null),
);

gridNode.addEventListener(
  "contextmenu",
  (/** @type {Press} */ event) => state.mode === "flip" && event.preventDefault(),
);

gridNode.addEventListener(
  "wheel",
  (/** @type {WheelEvent & { target: any }} */ event) => {
    if (!event.ctrlKey || !event.target.closest(".frame")) return; // a trackpad's pinch; the plain wheel scrolls the page
    event.preventDefault();
    zoomTo(
      view.zoom * Math.exp(-event.deltaY / 200),
      ...shareOf(event, event.target.closest(".frame").getBoundingClientRect()),
    );
  },
  { passive: false },
);

gridNode.addEventListener("click", (/** @type {Press} */ event) => {
  if (!event.target.closest(".frame") || state.grid === null) return;
  if (event.detail === 0) return openCells(state.lit ?? 0);
  const touch = event.pointerType === "touch";
  if (wandered || flipped || (state.mode !== "side" && !touch)) return; // there the mouse flips, or moves the line
  const cell = cellAt(event);
  if (cell === null) return;
  if (touch && cell !== state.lit) setLit(cell, true);
  else openCells(cell);
});

// On a focused tile the arrows move the lit cell.
gridNode.addEventListener("keydown", (/** @type {KeyboardEvent & { target: any }} */ event) => {
  const by = STEPS.get(event.key);
  if (by === undefined || !event.target.closest(".frame") || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  setLit(state.lit === null ? 0 : (state.lit + by + 100) % 100, true);
});

gridNode.addEventListener(
  "focusin",
  (/** @type {Press} */ event) => event.target.matches(":focus-visible") && state.lit === null && setLit(0, true),
);
