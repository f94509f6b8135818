// One picture of a tile, enlarged from its exact pixels (lens.html), and the training pictures nearest to it. `ask` and
// `nearest` (null where there are no training pictures) give the program's answers for a cell, `words` what is said of it.
race.lens = (dialog, { ask, nearest, words, fail, opened = () => {}, closed = () => {} }) => {
  const $ = (selector) => dialog.querySelector(selector);
  const [image, caption, copies] = [".cell", ".cell-caption", ".copies"].map($);
  let cell = null;
  let opening = false; // asked for while closed: what an earlier closing still has to tell must not end it
  const copiesChanged = race.copies(copies, () => nearest(cell));
  copies.hidden = nearest === null;

  async function open(index) {
    cell = (index + 100) % 100;
    const asked = cell;
    opening = !dialog.open;
    const answer = await ask(cell);
    if (asked !== cell || answer.superseded) return;
    if (answer.error) return fail(answer.error);
    image.src = `data:image/png;base64,${answer.png}`;
    showWords();
    opened(cell);
    if (!dialog.open) dialog.showModal();
    opening = false;
    copiesChanged();
  }

  function showWords() {
    if (cell === null) return;
    const said = words(cell);
    caption.textContent = said.caption;
    image.alt = said.alt;
  }

  race.touch(image, { swipe: (by) => open(cell + by) });
  $(".previous-cell").addEventListener("click", () => open(cell - 1));
  $(".next-cell").addEventListener("click", () => open(cell + 1));
  race.dialog(dialog);
  dialog.addEventListener("close", () => {
    if (opening) return;
    cell = null;
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
