// One picture, enlarged from its exact pixels, and the training pictures that are nearest to it.
const lens = $(".morph-lens");
const copiesChanged = race.copies($(".copies"), () => server.morph_copies({ ...shown.wish, cell }));
async function openCell(index) {
  if (shown === null) return;
  cell = (index + 100) % 100;
  const asked = cell;
  const answer = await race.ask(server.morph_cell, { ...shown.wish, cell });
  if (asked !== cell || answer.superseded) return;
  if (answer.error) return showProblem(answer.error);
  $(".morph-cell").src = `data:image/png;base64,${answer.png}`;
  showCellWords();
  if (!lens.open) lens.showModal();
  copiesChanged();
}

function showCellWords() {
  if (cell === null) return;
  const words = race.text("cell", { cell, row: Math.floor(cell / COLUMNS) + 1, column: (cell % COLUMNS) + 1 });
  $(".morph-cell-caption").textContent = $(".morph-cell").alt = words;
}

$(".morph-button").addEventListener("click", (event) => {
  const box = $(".morph-tile").getBoundingClientRect();
  const place = (value, start, length) => Math.min(Math.max(Math.floor(((value - start) / length) * COLUMNS), 0), COLUMNS - 1);
  const byKeyboard = event.detail === 0;
  openCell(byKeyboard ? 0 : place(event.clientY, box.top, box.height) * COLUMNS + place(event.clientX, box.left, box.width));
});
$(".previous-cell").addEventListener("click", () => openCell(cell - 1));
$(".next-cell").addEventListener("click", () => openCell(cell + 1));
$(".close").addEventListener("click", () => lens.close());
lens.addEventListener("close", () => (cell = null));
lens.addEventListener("click", (event) => event.target === lens && lens.close());
lens.addEventListener("keydown", (event) => {
  const by = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -COLUMNS, ArrowDown: COLUMNS }[event.key];
  if (by === undefined) return;
  event.preventDefault();
  openCell(cell + by);
});
