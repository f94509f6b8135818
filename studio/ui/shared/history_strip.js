// The tiles that were shown: a strip of thumbnails, the newest first, and the way back.
race.visitedStrip = (strip) => {
  const MOST = 30;
  const KEPT = "ganrace.visited"; // for as long as this window is open
  const { keyOf, same, checked } = race.favourites;
  const bare = ({ sha256, seed, psi }) => ({ sha256, seed, psi });
  const trail = []; // what was shown, in order
  const buttons = new Map(); // what the strip holds, by tile, the newest last
  let missed = null; // the tile of the trail that is awaited, and may not be there any more

  // To be called with every tile that is shown.
  function visit(one) {
    missed = null;
    if (!same(trail.at(-1), one)) trail.push(bare(one));
    if (buttons.has(keyOf(one))) toFront(buttons.get(keyOf(one)));
    else add(one);
    for (const [key, button] of buttons) button.setAttribute("aria-current", String(key === keyOf(one)));
    remember();
  }

  function add({ sha256, seed, psi, name, thumb }) {
    const one = { sha256, seed, psi, name, thumb };
    const button = Object.assign(document.createElement("button"), { type: "button", className: "thumb", tile: one });
    button.append(Object.assign(new Image(64, 64), { src: thumb, alt: "" }));
    button.addEventListener("click", () => race.openSeed(one));
    const item = document.createElement("li");
    item.append(button);
    toFront(button);
    while (buttons.size > MOST) forget(strip.lastElementChild);
    showWords();
  }

  // The newest comes first; whoever has the focus keeps it.
  function toFront(button) {
    const focused = document.activeElement === button;
    strip.prepend(button.parentElement);
    strip.scrollLeft = 0;
    if (focused) button.focus({ preventScroll: true });
    buttons.delete(keyOf(button.tile));
    buttons.set(keyOf(button.tile), button);
  }

  function forget(item) {
    buttons.delete(keyOf(item.firstElementChild.tile));
    item.remove();
  }

  function showWords() {
    strip.hidden = buttons.size < 2;
    for (const button of buttons.values()) {
      const words = race.tileWords(button.tile);
      button.setAttribute("aria-label", words);
      button.title = words;
    }
  }

  function remember() {
    try {
      sessionStorage.setItem(KEPT, JSON.stringify([...buttons.values()].map((button) => button.tile)));
    } catch {
      // then a reload forgets them
    }
  }

  function recall() {
    try {
      const kept = JSON.parse(sessionStorage.getItem(KEPT)) ?? [];
      const tiles = kept.map(checked).filter((one) => one?.thumb);
      tiles.forEach(add);
      trail.push(...tiles.map(bare));
    } catch {
      // nothing to recall
    }
  }

  // Show the tile before this one; the first press while another is still awaited calls that one off.
  function back() {
    const isSettled = same(race.shown, race.seed);
    if (isSettled && same(trail.at(-1), missed) && !same(missed, race.seed)) trail.pop(); // it could not be shown
    if (same(trail.at(-1), race.seed) && trail.length > 1) trail.pop();
    else if (same(trail.at(-1), race.seed)) race.live(race.text("no_way_back"));
    if (trail.length === 0) return;
    missed = trail.at(-1);
    race.setSeed(missed);
  }

  recall();
  return { visit, showWords, back };
};

// What a tile is called where it is small.
race.tileWords = (one) => race.text(one.psi === 1 ? "tile_words" : "tile_words_psi", { ...one, name: one.name || one.sha256.slice(0, 8) });
