// The tiles that were shown: a strip of thumbnails, the newest first, and the way back.
race.visitedStrip = (strip) => {
  const MOST = 30;
  const KEPT = "ganrace.visited"; // for as long as this window is open
  const { keyOf, same, checked } = race.favourites;
  const trail = []; // what was shown, in order
  const buttons = new Map(); // what the strip holds, by tile

  // To be called with every tile that is shown.
  function visit(one) {
    if (!same(trail.at(-1), one)) trail.push({ sha256: one.sha256, seed: one.seed, psi: one.psi });
    if (!buttons.has(keyOf(one))) add(one);
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
    strip.prepend(item);
    strip.scrollLeft = 0;
    buttons.set(keyOf(one), button);
    while (buttons.size > MOST) forget(strip.lastElementChild);
    showWords();
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
      kept.map(checked).filter((one) => one?.thumb).forEach(add);
    } catch {
      // nothing to recall
    }
  }

  // Show the tile before this one; the first press while another is still awaited calls that one off.
  function back() {
    if (same(trail.at(-1), race.seed) && trail.length > 1) trail.pop();
    else if (same(trail.at(-1), race.seed)) race.live(race.text("no_way_back"));
    if (trail.length > 0) race.setSeed(trail.at(-1));
  }

  recall();
  return { visit, showWords, back };
};

// What a tile is called where it is small.
race.tileWords = (one) => race.text(one.psi === 1 ? "tile_words" : "tile_words_psi", { ...one, name: one.name || one.sha256.slice(0, 8) });
