// One cell of all tiles, enlarged from its exact pixels; all of them appear together.
const lens = $(".lens");
let enlarged = null;
let opening = false; // asked for while closed: what an earlier closing still has to tell must not end it

async function openCells(index) {
  if (wall === null) return;
  const asked = (index + 100) % 100;
  const { seed, psi, tiles } = wall;
  enlarged = asked;
  opening = !lens.open;
  const answer = await race.ask(server.compare_cells, { checkpoints: tiles.map((one) => one.sha256), seed, psi, cell: asked, visitor });
  if (asked !== enlarged || answer.superseded) return;
  if (answer.error) return showProblem(answer.error);
  const images = await Promise.all(answer.cells.map((one) => decoded(`data:image/png;base64,${one.png}`)));
  if (asked !== enlarged || wall?.tiles !== tiles) return;
  setLit(asked);
  $(".cell-grid").replaceChildren(...order.map((tile, place) => cellFigure(images[tile], place)));
  $(".cell-grid").dataset.count = order.length;
  showCellWords();
  if (!lens.open) lens.showModal();
  opening = false;
}

function cellFigure(image, place) {
  image.className = "cell";
  return make("figure", {}, image, make("figcaption"));
}

function showCellWords() {
  if (enlarged === null || wall === null) return;
  const words = race.text("cell", placeOf(enlarged));
  $(".cell-caption").textContent = words;
  [...$(".cell-grid").children].forEach((figure, place) => {
    figure.querySelector("img").alt = `${titleOf(place)}: ${words}`;
    figure.querySelector("figcaption").textContent = titleOf(place);
  });
}

$(".previous-cell").addEventListener("click", () => openCells(enlarged - 1));
$(".next-cell").addEventListener("click", () => openCells(enlarged + 1));
$(".lens .close").addEventListener("click", () => lens.close());
lens.addEventListener("close", () => (enlarged = opening ? enlarged : null));
lens.addEventListener("click", (event) => event.target === lens && lens.close());
lens.addEventListener("keydown", (event) => {
  const by = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -COLUMNS, ArrowDown: COLUMNS }[event.key];
  if (by === undefined) return;
  event.preventDefault();
  openCells(enlarged + by);
});
