// What fingers do: a swipe to the left or right, one tap, two taps. A pinch and a vertical swipe stay the browser's.
race.touch = (node, { swipe, tap, doubleTap }) => {
  const FAR = 40; // pixels that make a swipe
  const TWICE_MILLISECONDS = 300;
  let start = null;
  let waiting = null;

  const zoomedIn = () => (window.visualViewport?.scale ?? 1) > 1.05;

  node.addEventListener("touchstart", (event) => {
    const alone = event.touches.length === 1 && !zoomedIn();
    start = alone ? { x: event.touches[0].clientX, y: event.touches[0].clientY } : null;
  }, { passive: true });

  node.addEventListener("touchend", (event) => {
    if (start === null || event.touches.length > 0) return;
    const { clientX, clientY } = event.changedTouches[0];
    const [across, down] = [clientX - start.x, clientY - start.y];
    start = null;
    if (Math.abs(across) < FAR || Math.abs(across) < 1.5 * Math.abs(down)) return;
    if (event.cancelable) event.preventDefault();
    swipe(across < 0 ? 1 : -1);
  });

  // A click of the mouse or of the keyboard acts at once; a tap waits whether a second one follows.
  node.addEventListener("click", (event) => {
    if (event.pointerType !== "touch" || !doubleTap) return tap?.(event);
    if (waiting !== null) {
      clearTimeout(waiting);
      waiting = null;
      return doubleTap(event);
    }
    waiting = setTimeout(() => {
      waiting = null;
      tap?.(event);
    }, TWICE_MILLISECONDS);
  });
};
