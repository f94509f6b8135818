// One cell of all tiles, enlarged.
const lens = race.lens($(".lens"), {
  async ask(cell) {
    const { seed, psi, tiles } = wall;
    const answer = await race.ask(server.compare_cells, { checkpoints: tiles.map((one) => one.sha256), seed, psi, cell, visitor });
    if (answer.error || answer.superseded) return answer;
    return wall.tiles === tiles ? { cells: order.map((tile) => answer.cells[tile]) } : { superseded: true };
  },
  words(cell, cells) {
    const caption = race.text("cell", race.placeOf(cell));
    const kindOf = (facts) => (isHidden() ? null : race.classText(facts, cell));
    const pictures = cells.map((facts, place) => ({
      alt: `${titleOf(place)}: ${caption}`,
      title: [titleOf(place), kindOf(facts)].filter(Boolean).join(" · "),
    }));
    return { caption, pictures };
  },
  fail: showProblem,
  opened(cell) {
    setLit(cell);
    race.link.set({ cell });
  },
  closed: () => race.link.set({ cell: null }),
});
const openCells = (index) => wall !== null && lens.open(index);

// What the link with which the page came says is enlarged, once there is something to enlarge.
let linkedCell = race.link.cellOn("compare");
function openLinked() {
  if (linkedCell !== null) openCells(linkedCell);
  linkedCell = null;
}
