// The matrix of checkpoints and seeds: whole tiles made small, a row at a time, never half a row.
const MATRIX_SEEDS = 4;
let drawing = 0; // the number of the drawing that may still put up rows
let stopping = null; // the program's answer to the last one that was given up
let rows = []; // what is on the screen: [{seed, tiles, images}]
let progress = null; // of the drawing: {key, row, rows}, in words beside its Stop
let begun = null; // with what the drawing began: {psi, seeds, hashes}, and what came before its last row: {left, cut}

// Seeds as people write them, "3, 7, 10-12": {seeds, count}; or {bad} for what is none. Long ranges are only counted.
function parseSeeds(text) {
  const seeds = [];
  let count = 0;
  for (const part of text.split(/[\s,、，]+/).filter(Boolean)) {
    const [first, last] = part.split(/[-–~〜]/).map((one) => race.parseSeed(one));
    if (first === null || last === null || part.split(/[-–~〜]/).length > 2 || last < first) return { bad: part };
    count += (last ?? first) - first + 1;
    for (let seed = first; seed <= (last ?? first) && seeds.length <= props.limits.seeds; seed += 1) seeds.push(seed);
  }
  return { seeds, count };
}

const isAllowed = ({ count, bad }) => bad === undefined && count > 0 && count <= props.limits.seeds;

// The seeds that the link names, or those from the seed that is looked at on.
function firstSeeds() {
  const linked = parseSeeds(race.link.get("cmpseeds") ?? "");
  if (isAllowed(linked)) return linked.seeds.join(", ");
  const seeds = Array.from({ length: MATRIX_SEEDS }, (_, by) => (race.seed.seed + by) % LIMIT);
  return seeds[0] < seeds.at(-1) ? `${seeds[0]}-${seeds.at(-1)}` : seeds.join(", ");
}

function beginMatrix() {
  if ($(".seeds").value === "") $(".seeds").value = firstSeeds();
  $(".pair").hidden = $(".curtain").hidden = $(".guess").hidden = true;
  $(".how").textContent = race.text("compare_how_matrix");
  drawMatrix();
}

const isDrawing = () => progress?.key === "compare_progress";

function showProgress(next) {
  progress = next;
  $(".matrix-form .stop").hidden = !isDrawing();
  $(".matrix-progress").hidden = progress === null;
  $(".matrix-progress").textContent = progress === null ? "" : race.text(progress.key, progress);
  $(".matrix").setAttribute("aria-busy", isDrawing());
}

// No further row comes, and the one that is being drawn is given up, too.
function stopMatrix() {
  drawing += 1;
  if (isDrawing()) stopping = race.ask(server.compare_stop, { visitor });
}

$(".matrix-form .stop").addEventListener("click", () => {
  stopMatrix();
  const stopped = { ...progress, row: rows.length, key: "compare_stopped" };
  showProgress(stopped);
  race.live(race.text(stopped.key, stopped));
  $(".draw-matrix").focus();
});

// Nothing is drawn for a truncation that is none; whoever comes back may have chosen one.
function refuseMatrix() {
  begun.left = true;
  showProblem(race.link.wrong(["psi"]));
}

// Whoever comes back to the tab finds the matrix whole, and of the truncation that is looked at now.
const goOnWithMatrix = () => begun !== null && (begun.left || begun.psi !== race.seed.psi) && drawMatrix();

async function drawMatrix() {
  stopMatrix();
  showProgress(null);
  if (list === null) return;
  const mine = drawing;
  const { psi } = race.seed;
  begun = { psi, left: false };
  if (race.link.wrong(["psi"])) return refuseMatrix();
  const { seeds, count, bad } = parseSeeds($(".seeds").value);
  const hashes = chosen().map((slot) => slot.shown);
  if (bad !== undefined || count === 0) return showProblem({ code: "error_seeds", values: { value: bad ?? "" } });
  if (count > props.limits.seeds) return showProblem({ code: "error_too_many_tiles", values: { seeds: count, checkpoints: hashes.length } });
  showProblem(null);
  race.link.set({ cmpseeds: seeds.join(",") });
  Object.assign(begun, { seeds, hashes });
  rows = [];
  showMatrix();
  if (hashes.length === 0) return; // all are waited for
  await stopping; // or it would call off the first row, too
  if (mine === drawing) drawRows();
}

// The rows that have not come yet.
async function drawRows() {
  const mine = (drawing += 1);
  const { psi, seeds, hashes } = begun;
  begun.cut = false;
  for (let row = rows.length; row < seeds.length; row += 1) {
    showProgress({ key: "compare_progress", row: row + 1, rows: seeds.length });
    const answer = await race.ask(server.compare_row, { checkpoints: hashes, seeds, row, psi, visitor, preview: true });
    if (mine !== drawing) return;
    if (!isOpen() || answer.superseded || answer.error) {
      showProgress(null);
      begun.left = !isOpen();
      begun.cut = answer.error?.code === "error_connection";
      return answer.error && fail(answer.error);
    }
    const made = await rowOf(answer, psi);
    if (mine !== drawing) return;
    showProblem(null);
    rows.push(made);
    for (const { sha256 } of made.tiles) race.looked.add({ sha256, seed: answer.seed });
    showMatrix();
    race.live(race.text("compare_row", { row: row + 1, rows: seeds.length }));
  }
  showProgress(null);
}

async function rowOf(answer, psi) {
  const images = await Promise.all(answer.tiles.map((one) => decoded(race.jpegUrl(one.jpeg))));
  return { ...answer, tiles: answer.tiles.map((one) => ({ ...one, ...described(one.sha256) })), psi, images };
}

// What is saved is exact: put it in the place of previews. Tells whether all of it has come.
async function drawExactly() {
  const drawn = rows; // a matrix that is begun anew has others
  const isStopped = (answer) => drawn !== rows || answer.superseded || answer.error;
  for (const [place, { seed, psi, tiles }] of drawn.entries()) {
    if (!tiles.some(race.isPreview)) continue;
    if (!isDrawing()) showProgress({ key: "compare_exactly", row: place + 1, rows: drawn.length });
    const request = { checkpoints: tiles.map((one) => one.sha256), seeds: [seed], row: 0, psi, visitor, save: true };
    const answer = await race.ask(server.compare_row, request);
    if (isStopped(answer)) return answer.error && drawn === rows && fail(answer.error);
    drawn[place] = await rowOf(answer, psi);
    if (drawn === rows) showMatrix();
  }
  return drawn === rows;
}

function showMatrix() {
  const drawn = chosen().map((slot) => ({ sha256: slot.shown, ...described(slot.shown) }));
  const headOf = (one, index) => make("th", { scope: "col" }, `${index + 1} · ${one.name}`, make("span", { textContent: identityOf(one) }));
  const head = make("tr", {}, make("td"), ...drawn.map(headOf));
  const body = rows.map((row) => {
    const hashes = new Set(row.tiles.map((one) => one.z_hash));
    const preview = row.tiles.some(race.isPreview) ? race.text("preview") : null;
    const details = [hashes.size === 1 ? `z ${[...hashes][0]}` : null, psiText(row.psi), preview].filter(Boolean);
    const title = make("th", { scope: "row" }, rowButton(row), ...details.map((textContent) => make("span", { textContent })));
    return make("tr", {}, title, ...row.tiles.map((one, column) => make("td", {}, thumbnail(row, column), ...(hashes.size === 1 ? [] : [make("span", { textContent: `z ${one.z_hash}` })]))));
  });
  const table = make("table", {}, make("thead", {}, head), make("tbody", {}, ...body));
  table.setAttribute("aria-label", race.text("compare_matrix"));
  table.style.setProperty("--columns", drawn.length);
  giveRoles(table);
  $(".matrix").replaceChildren(table);
  showMismatch();
}

// On a phone the rows are no rows to the browser; roles say that they are.
const ROLES = { TABLE: "table", THEAD: "rowgroup", TBODY: "rowgroup", TR: "row", TD: "cell" };
function giveRoles(table) {
  for (const node of [table, ...table.querySelectorAll("thead, tbody, tr, th, td")]) {
    node.setAttribute("role", ROLES[node.tagName] ?? (node.scope === "col" ? "columnheader" : "rowheader"));
  }
}

function thumbnail(row, column) {
  const { sha256 } = row.tiles[column];
  const tile = { sha256, seed: row.seed, psi: row.psi, name: described(sha256).name };
  const image = row.images[column];
  image.alt = race.text("tile_alt", tile);
  const button = make("button", { type: "button", className: "thumb" }, image);
  button.title = race.tileWords(tile);
  button.setAttribute("aria-label", race.text("compare_open_tile", { words: button.title }));
  button.addEventListener("click", () => race.openSeed(tile));
  return button;
}

// The seed of a row puts this seed on the wall. The keyboard, whose button goes with the matrix, goes on at the modes.
function rowButton({ seed, psi }) {
  const button = make("button", { type: "button", className: "to-wall" }, make("strong", { textContent: seed }));
  button.setAttribute("aria-label", race.text("compare_row_seed", { seed }));
  button.addEventListener("click", (event) => {
    race.setSeed({ seed, psi });
    setMode(wallMode);
    if (event.detail === 0) $(".modes :checked").focus();
  });
  return button;
}

// The seeds that were starred last, where there are any.
const starred = () => [...new Set(race.favourites.all().map((one) => one.seed))].slice(-props.limits.seeds);
const showStarred = () => ($(".favourites").hidden = starred().length === 0);
document.addEventListener("race:favourites", showStarred);
showStarred();
$(".favourites").addEventListener("click", () => {
  $(".seeds").value = starred().join(", ");
  drawChosen();
});

$(".matrix-form").addEventListener("submit", (event) => {
  event.preventDefault();
  drawChosen();
});

function drawChosen() {
  race.link.dropWrong();
  drawMatrix();
}
