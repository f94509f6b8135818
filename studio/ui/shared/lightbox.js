// One cell enlarged from its exact pixels (lens.html), of one tile or of several, which all appear together; and the
// training pictures nearest to it. `ask` gives the program's answer for a cell; `nearest` (null where there are no training
// pictures) gives it for a cell and for what the program told with each picture that is shown, and `stopNearest` lets it
// look for no more of these; `words` says of both {caption, pictures: [{alt, title}]}.
race.lens = (dialog, { ask, nearest = null, stopNearest, words, fail, opened = () => {}, closed = () => {} }) => {
  const $ = (selector) => dialog.querySelector(selector);
  const [grid, caption, copies] = [".cell-grid", ".cell-caption", ".copies"].map($);
  let cell = null;
  let told = []; // with each picture that is shown
  let opening = false; // asked for while closed: what an earlier closing still has to tell must not end it
  let titles = []; // as they stand under the pictures
  const copiesChanged = race.copies(copies, { ask: () => nearest(cell, told), askStop: stopNearest, titles: () => titles });
  copies.hidden = nearest === null;

  async function open(index) {
    cell = (index + 100) % 100;
    const asked = cell;
    opening = !dialog.open;
    const answer = await ask(cell);
    if (asked !== cell || answer.superseded) return;
    if (answer.error) return fail(answer.error);
    const cells = answer.cells ?? [answer];
    const addresses = cells.map((one) => `data:image/png;base64,${one.png}`);
    await Promise.all(addresses.map((src) => Object.assign(new Image(), { src }).decode()));
    if (asked !== cell) return;
    told = cells;
    showPictures(addresses);
    showWords();
    opened(cell);
    if (!dialog.open) dialog.showModal();
    opening = false;
    copiesChanged();
  }

  // The elements stay, so that a finger that swipes on one of them does not lose it.
  function showPictures(addresses) {
    while (grid.children.length > addresses.length) grid.lastChild.remove();
    while (grid.children.length < addresses.length) grid.append(newFigure());
    addresses.forEach((address, place) => (grid.children[place].querySelector("img").src = address));
    grid.dataset.count = addresses.length;
    dialog.classList.toggle("cells", addresses.length > 1);
  }

  function newFigure() {
    const image = race.make("img", { className: "cell", width: 512, height: 512 });
    return race.make("figure", {}, image, race.make("figcaption"));
  }

  function showWords() {
    if (cell === null) return;
    const said = words(cell, told);
    caption.textContent = said.caption;
    titles = said.pictures.map(({ title = "" }) => title);
    [...grid.children].forEach(({ children: [image, name] }, place) => {
      const { alt, title = "" } = said.pictures[place];
      image.alt = alt;
      name.textContent = title;
      name.hidden = title === "";
    });
  }

  race.touch(grid, { swipe: (by) => open(cell + by) });
  $(".previous-cell").addEventListener("click", () => open(cell - 1));
  $(".next-cell").addEventListener("click", () => open(cell + 1));
  race.dialog(dialog);
  dialog.addEventListener("close", () => {
    if (opening || dialog.open) return;
    cell = null;
    copiesChanged();
    closed();
  });
  dialog.addEventListener("keydown", (event) => {
    const by = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -10, ArrowDown: 10 }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    open(cell + by);
  });
  return { open, showWords };
};

// Where a cell is, for the texts that name it.
race.placeOf = (cell) => ({ cell, row: Math.floor(cell / 10) + 1, column: (cell % 10) + 1 });

// The class of a cell as it is said, of what the program tells about its tile: null where the generator knows none. The
// flowers are called by their names where the classes are all 102 of them.
const FLOWERS = 102;
race.classText = ({ classes, class_count: count }, cell) => {
  const kind = classes?.[cell];
  if (kind === undefined) return null;
  return count === FLOWERS ? race.text("cell_flower", { kind, flower: race.text(`flower_${kind}`) }) : race.text("cell_class", { kind });
};

// Where a cell is, and its class.
race.cellText = (facts, cell) => [race.text("cell", race.placeOf(cell)), race.classText(facts, cell)].filter(Boolean).join(" · ");

// The outline of a cell, for a layer of `marks` over its tile.
race.cellMark = (cell) => {
  const mark = document.createElement("span");
  mark.style.left = `${(cell % 10) * 10}%`;
  mark.style.top = `${Math.floor(cell / 10) * 10}%`;
  return mark;
};

// The cell of a tile that was clicked; the keyboard means the first.
race.cellAt = (tile, event) => {
  if (event.detail === 0) return 0;
  const box = tile.getBoundingClientRect();
  const place = (value, start, length) => Math.min(Math.max(Math.floor(((value - start) / length) * 10), 0), 9);
  return place(event.clientY, box.top, box.height) * 10 + place(event.clientX, box.left, box.width);
};
