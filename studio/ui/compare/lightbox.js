// One cell of all tiles, enlarged.
const lens = race.lens($(".lens"), {
  async ask(cell) {
    const { seed, psi, tiles } = wall;
    const answer = await race.ask(server.compare_cells, { checkpoints: tiles.map((one) => one.sha256), seed, psi, cell, visitor });
    if (answer.error || answer.superseded) return answer;
    return wall.tiles === tiles ? { cells: order.map((tile) => answer.cells[tile]) } : { superseded: true };
  },
  nearest: props.copies ? askNearest : null,
  stopNearest: () => server.compare_stop_nearest({ visitor: race.visitor }),
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

// The training pictures nearest to each of the pictures that are enlarged, in the order of their hashes: the order on the
// wall would tell which is which.
async function askNearest(cell, shown) {
  const checkpoints = [...new Set(shown.map((one) => one.sha256))].sort();
  const { seed, psi } = shown[0];
  const answer = await server.compare_nearest({ checkpoints, seed, psi, cell, visitor: race.visitor });
  return answer.cells ? { cells: shown.map((one) => answer.cells[checkpoints.indexOf(one.sha256)]) } : answer;
}

const openCells = (index) => wall !== null && lens.open(index);

// What the link with which the page came says is enlarged, once there is something to enlarge.
let linkedCell = race.link.cellOn("compare");
function openLinked() {
  if (linkedCell !== null) openCells(linkedCell);
  linkedCell = null;
}
