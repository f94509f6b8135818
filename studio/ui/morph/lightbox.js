// One picture, enlarged from its exact pixels, and the training pictures that are nearest to it.
const lens = race.lens($(".lens"), {
  ask: (cell) => race.ask(server.morph_cell, { ...shown.wish, cell }),
  nearest: props.copies ? (cell) => server.morph_copies({ ...shown.wish, cell, visitor: race.visitor }) : null,
  stopNearest: () => server.morph_stop_copies({ visitor: race.visitor }),
  words(cell) {
    const words = race.cellText(shown, cell);
    return { caption: words, pictures: [{ alt: words }] };
  },
  fail: showProblem,
});
$(".morph-button").addEventListener("click", (event) => shown !== null && lens.open(race.cellAt($(".morph-tile"), event)));
