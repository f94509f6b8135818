// What fingers do: a swipe to the left or right, one tap, two taps. A pinch and a vertical swipe stay the browser's.

const FAR = 40; // pixels that make a swipe
const TWICE_MILLISECONDS = 300;
const ZOOMED_SCALE = 1.05; // from here on the browser's own zoom takes the fingers

const isZoomedIn = () => (window.visualViewport?.scale ?? 1) > ZOOMED_SCALE;

/**
 * @typedef {object} Gestures
 * @property {(by: 1 | -1) => void} swipe
 * @property {(event: PointerEvent) => void} [tap]
 * @property {(event: PointerEvent) => void} [doubleTap]
 */

/**
 * @param {HTMLElement} node
 * @param {Gestures} gestures
 */
export function onGestures(node, { swipe, tap, doubleTap }) {
  onSwipe(node, swipe);
  onTap(node, tap, doubleTap);
}

/**
 * @param {HTMLElement} node
 * @param {Gestures["swipe"]} swipe
 */
function onSwipe(node, swipe) {
  /** @type {{ x: number, y: number } | null} */
  let start = null;
  const began = (/** @type {TouchEvent} */ event) => {
    const alone = event.touches.length === 1 && !isZoomedIn();
    start = alone ? { x: event.touches[0].clientX, y: event.touches[0].clientY } : null;
  };
  node.addEventListener("touchstart", began, { passive: true });
  node.addEventListener("touchend", (event) => {
    if (start === null || event.touches.length > 0) return;
    const { clientX, clientY } = event.changedTouches[0];
    const [across, down] = [clientX - start.x, clientY - start.y];
    start = null;
    if (Math.abs(across) < FAR || Math.abs(across) < 1.5 * Math.abs(down)) return;
    if (event.cancelable) event.preventDefault();
    swipe(across < 0 ? 1 : -1);
  });
}

/**
 * A click of the mouse or of the keyboard acts at once; a tap waits whether a second one follows.
 * @param {HTMLElement} node
 * @param {Gestures["tap"]} tap
 * @param {Gestures["doubleTap"]} doubleTap
 */
function onTap(node, tap, doubleTap) {
  let waiting = 0;
  node.addEventListener("click", (event) => {
    const click = /** @type {PointerEvent} */ (event);
    if (click.pointerType !== "touch" || !doubleTap) return tap?.(click);
    if (waiting !== 0) {
      clearTimeout(waiting);
      waiting = 0;
      return doubleTap(click);
    }
    waiting = window.setTimeout(() => {
      waiting = 0;
      tap?.(click);
    }, TWICE_MILLISECONDS);
  });
}
