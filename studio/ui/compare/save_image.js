// The comparison as one picture with its words: to keep and to show, never to hand in. Then the keys, and the beginning.
const BAND = 88; // pixels of words under a tile
const HEAD = 96;
const FONT = 'system-ui, "Hiragino Sans", "Noto Sans CJK JP", "Yu Gothic", sans-serif';

// What is to be drawn: rows of {image, title, details}, and the words above.
function pictureRows() {
  if (mode === "matrix") {
    const detailsIn = ({ psi }, tile) => [identityOf(tile), `z ${tile.z_hash}`, psiText(psi)].filter(Boolean).join(" · ");
    const cellOf = (row, column) => ({ image: row.images[column], title: `${row.seed} · ${row.tiles[column].name}`, details: detailsIn(row, row.tiles[column]) });
    return rows.map((row) => row.tiles.map((_, column) => cellOf(row, column)));
  }
  const images = new Map([...wallNode.querySelectorAll("img.tile")].map((image) => [image.src, image]));
  const places = mode === "side" ? order.map((_, place) => place) : pair;
  const cells = places.map((place) => ({ image: images.get(wall.tiles[order[place]].url), title: titleOf(place), details: detailsOf(place) }));
  const columns = cells.length < 4 ? cells.length : Math.ceil(cells.length / 2);
  return Array.from({ length: Math.ceil(cells.length / columns) }, (_, row) => cells.slice(row * columns, (row + 1) * columns));
}

function drawWords(context, text, x, y, size, width, weight = "400") {
  context.font = `${weight} ${size}px ${FONT}`;
  context.fillText(text, x, y, width);
}

function drawPicture(lines, side) {
  const gap = 16;
  const columns = Math.max(...lines.map((line) => line.length));
  const canvas = make("canvas", { width: Math.max(columns * (side + gap) + gap, 640), height: HEAD + lines.length * (side + BAND) });
  const context = canvas.getContext("2d");
  context.fillStyle = "#ffffff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.fillStyle = "#18181b";
  const room = canvas.width - 2 * gap;
  const title = mode === "matrix" ? race.text("compare_matrix") : race.text("compare_saved_title", { seed: wall.seed });
  drawWords(context, title, gap, 40, 28, room, "650");
  const warning = mismatch() === null ? "" : race.text(mismatch());
  drawWords(context, `${race.text("compare_never")} ${warning}`, gap, 74, 20, room);
  lines.forEach((line, row) =>
    line.forEach(({ image, title: name, details }, column) => {
      const [x, y] = [gap + column * (side + gap), HEAD + row * (side + BAND)];
      context.drawImage(image, x, y, side, side);
      drawWords(context, name, x, y + side + 30, side < 400 ? 18 : 26, side, "650");
      drawWords(context, details, x, y + side + 60, side < 400 ? 14 : 20, side);
    }),
  );
  return canvas;
}

$(".save-picture").addEventListener("click", async () => {
  $(".save-picture").disabled = true;
  const isExact = mode !== "matrix" || (await drawExactly());
  if (progress?.key === "compare_exactly") showProgress(null);
  $(".save-picture").disabled = false;
  if (isExact) savePicture();
});

function savePicture() {
  const lines = mode === "matrix" || wall !== null ? pictureRows() : [];
  if (lines.length === 0) return;
  const canvas = drawPicture(lines, Math.max(...lines.flat().map(({ image }) => image.naturalWidth)));
  const name = mode === "matrix" ? "comparison_matrix.png" : `comparison_seed${wall.seed}.png`;
  canvas.toBlob((blob) => {
    race.save(blob, name);
    race.live(race.text("compare_saved", { file: name }));
  }, "image/png");
}

// What its keys do.
const onWall = (action) => () => mode !== "matrix" && action();
race.keys.register("compare", {
  next: onWall(() => step(1)),
  previous: onWall(() => step(-1)),
  random: onWall(randomSeed),
  key_seed_field: () => (mode === "matrix" ? $(".seeds") : field).select(),
  compare_key_hold: [() => hold(true), () => hold(false)],
  compare_key_enlarge: onWall(() => lit !== null && openCells(lit)),
  compare_blind: onWall(() => $(".blind").click()),
  compare_key_focus: ({ key }) => focusTile(Number(key) - 1),
  compare_zoom_in: onWall(() => zoomBy(1)),
  compare_zoom_out: onWall(() => zoomBy(-1)),
  compare_zoom_reset: onWall(zoomOff),
});

document.addEventListener("race:tab", enter);
race.onLanguage(element, () => {
  showProblem(problem);
  if (list === null) return;
  showSlots();
  showScrubber();
  lens.showWords();
  showFacts();
  if (mode === "matrix") showMatrix();
  showProgress(progress);
  redraw();
});
setMode(linkedMode() ?? wallMode);
showCurtain();
enter();
setInterval(() => document.visibilityState === "visible" && isOpen() && !busy && !element.contains(document.activeElement?.closest?.("select")) && refreshList(), 30000);
