const race = window.ganRace;
const $ = (selector) => element.querySelector(selector);
const [tile, caption, status, select, field, lens] =
  [".tile", ".caption", ".status", ".checkpoint", ".seed", ".lens"].map($);
const visitor = crypto.randomUUID?.() ?? String(Math.random());
const COLUMNS = 10;

let list = props.list;
let problem = null; // the error on the screen
let busy = false;
let cell = null;

const checkpointOf = (sha256) => list.checkpoints.find((one) => one.sha256.startsWith(sha256));

function showList() {
  race.fillCheckpoints(select, list, race.seed.sha256 ?? list.default);
  $(".untrained").hidden = list.untrained === null;
  $(".untrained-text").textContent = race.text("untrained", { folder: list.untrained });
  $(".problems").hidden = list.problems.length === 0;
  $(".problems ul").replaceChildren(
    ...list.problems.map((one) => Object.assign(document.createElement("li"), { textContent: `${one.name}: ${one.reason}` })),
  );
}

function showProblem(error) {
  problem = error;
  status.hidden = error === null;
  status.textContent = error === null ? "" : race.errorText(error);
}

function captionOf(shown) {
  return race.text("caption", {
    seed: shown.seed,
    name: shown.name,
    hash: shown.sha256.slice(0, 8),
    milliseconds: Math.round(shown.seconds * 1000),
    device: shown.device,
  });
}

function showWords() {
  const shown = race.shown;
  caption.textContent = shown ? captionOf(shown) : "";
  tile.alt = shown ? race.text("tile_alt", shown) : race.text("no_tile_alt");
  showFacts(shown ? checkpointOf(shown.sha256) : undefined);
}

function showFacts(checkpoint) {
  const rows = checkpoint === undefined ? [] : [
    ["passport_recipe", checkpoint.recipe],
    ["passport_images", checkpoint.images?.toLocaleString(race.language)],
    ["passport_time", typeof checkpoint.seconds === "number" ? race.text("minutes", { minutes: Math.round(checkpoint.seconds / 60) }) : null],
    ["passport_device", checkpoint.devices.join(", ")],
    ["passport_pretrained", checkpoint.recipe ? checkpoint.pretrained ?? race.text("passport_none") : null],
  ].filter(([, value]) => value);
  $(".passport").hidden = rows.length === 0;
  $(".facts").replaceChildren(
    ...rows.flatMap(([key, value]) => [
      Object.assign(document.createElement("dt"), { textContent: race.text(key) }),
      Object.assign(document.createElement("dd"), { textContent: value }),
    ]),
  );
}

// The picture and everything said about it change in one step, once the picture is decoded.
async function show(answer) {
  const url = URL.createObjectURL(race.toBlob(answer.jpeg, "image/jpeg"));
  const decoded = new Image();
  decoded.src = url;
  await decoded.decode();
  const before = tile.src;
  tile.src = url;
  if (before.startsWith("blob:")) URL.revokeObjectURL(before);
  const { jpeg, ...facts } = answer;
  race.setShown({ psi: 1, ...facts, picture: url, thumb: race.toThumbnail(decoded) });
  showWords();
  $(".tile-button").disabled = false;
  if (document.activeElement !== field) field.value = answer.seed;
  select.value = answer.sha256;
  race.live(race.text("shown", answer));
  race.link.set({ ck: answer.sha256.slice(0, 8), seed: answer.seed });
}

async function refreshList() {
  const answer = await race.ask(server.list_checkpoints, {});
  if (answer.error) return;
  list = answer;
  showList();
}

const same = (one, other) => one !== null && race.favourites.keyOf(one) === race.favourites.keyOf(other);
const wanted = () => race.seed.sha256 !== null && ["explore", "export"].includes(race.tab) && !same(race.shown, race.seed);

// Draw until what is shown is what was wished last; wishes in between are skipped.
async function pump() {
  if (busy) return;
  busy = true;
  race.ahead.stop();
  $(".stage").classList.add("waiting");
  while (wanted()) {
    const wish = race.seed;
    const answer = race.ahead.take(wish) ?? (await race.ask(server.show, { ...wish, visitor }));
    if (answer.superseded) continue;
    if (answer.error) {
      if (wish !== race.seed) continue;
      showProblem(answer.error);
      if (answer.error.code === "error_unknown_checkpoint") refreshList();
      goBackToShown();
      break;
    }
    race.ahead.keep(wish, answer);
    await show(answer);
    showProblem(null);
  }
  busy = false;
  $(".stage").classList.remove("waiting");
  if (race.shown && race.tab === "explore") race.ahead.begin(race.seed, (next) => race.ask(server.show, { ...next, visitor, ahead: true }));
}

// After an error the wish is what is shown again, so that the next step counts from there.
function goBackToShown() {
  const { sha256 = null, seed = 0, psi = 1 } = race.shown ?? {};
  race.setSeed({ sha256, seed, psi });
}

document.addEventListener("race:seed", () => {
  if (race.seed.sha256 === null) return;
  field.value = race.seed.seed;
  pump();
});
document.addEventListener("race:tab", pump);

const wish = (change) => race.setSeed({ sha256: race.seed.sha256 ?? list.default, ...change });
const LIMIT = 2 ** 32;
const step = (by) => wish({ seed: (race.seed.seed + by + LIMIT) % LIMIT });
const randomSeed = () => wish({ seed: crypto.getRandomValues(new Uint32Array(1))[0] });
const star = () => race.shown && race.favourites.toggle(race.shown);

$(".previous").addEventListener("click", () => step(-1));
$(".next").addEventListener("click", () => step(1));
$(".random").addEventListener("click", randomSeed);
select.addEventListener("change", () => wish({ sha256: select.value }));
select.addEventListener("focus", refreshList);

$(".seed-form").addEventListener("submit", (event) => {
  event.preventDefault();
  const seed = race.parseSeed(field.value);
  if (seed === null) showProblem({ code: "error_seed", values: { value: field.value } });
  else wish({ seed });
});

$(".star").addEventListener("click", star);
function showStar() {
  const starred = race.shown !== null && race.favourites.has(race.shown);
  $(".star").setAttribute("aria-pressed", String(starred));
  $(".star").disabled = race.shown === null;
}
for (const name of ["race:favourites", "ganrace:shown"]) document.addEventListener(name, showStar);

race.keys.register("explore", {
  r: ["next", () => step(1)],
  " ": ["next", () => step(1)],
  ArrowRight: ["next", () => step(1)],
  ArrowLeft: ["previous", () => step(-1)],
  d: ["random", randomSeed],
  f: ["star", star],
  g: ["key_seed_field", () => field.select()],
});

// One picture, enlarged from its exact pixels, and the training pictures nearest to it.
const wishOf = ({ sha256, seed, psi }) => ({ sha256, seed, psi });
const copiesChanged = race.copies($(".copies"), () => server.nearest({ ...wishOf(race.shown), cell, visitor }));
$(".copies").hidden = !props.copies;
async function openCell(index) {
  if (race.shown === null) return;
  const wish = wishOf(race.shown);
  cell = (index + 100) % 100;
  const asked = cell;
  const answer = await race.ask(server.cell, { ...wish, cell, visitor });
  if (asked !== cell) return;
  if (answer.error) return showProblem(answer.error);
  if (answer.superseded) return;
  $(".cell").src = `data:image/png;base64,${answer.png}`;
  showCellWords();
  if (!lens.open) lens.showModal();
  copiesChanged();
}

function showCellWords() {
  if (cell === null || race.shown === null) return;
  const place = { cell, row: Math.floor(cell / COLUMNS) + 1, column: (cell % COLUMNS) + 1, seed: race.shown.seed };
  $(".cell-caption").textContent = race.text("cell", place);
  $(".cell").alt = race.text("cell_alt", place);
}

$(".tile-button").addEventListener("click", (event) => {
  const box = tile.getBoundingClientRect();
  const byKeyboard = event.detail === 0;
  const column = byKeyboard ? 0 : Math.floor(((event.clientX - box.left) / box.width) * COLUMNS);
  const row = byKeyboard ? 0 : Math.floor(((event.clientY - box.top) / box.height) * COLUMNS);
  openCell(Math.min(Math.max(row, 0), 9) * COLUMNS + Math.min(Math.max(column, 0), 9));
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

// The link says what is shown; without one, the tile that came with the page.
async function begin() {
  const asked = new URLSearchParams(location.search);
  const hash = asked.get("ck");
  const seed = asked.has("seed") ? race.parseSeed(asked.get("seed")) : 0;
  if (seed === null) showProblem({ code: "error_seed", values: { value: asked.get("seed") } });
  const checkpoint = hash === null ? checkpointOf(list.default) : /^[0-9a-f]{8,64}$/.test(hash) ? checkpointOf(hash) : undefined;
  if (checkpoint === undefined) {
    showProblem({ code: "error_unknown_checkpoint", values: { hash: String(hash).slice(0, 8) } });
    field.value = seed ?? "";
    return;
  }
  const first = props.first;
  const fits = first && first.sha256 === checkpoint.sha256 && first.seed === (seed ?? 0);
  if (fits) await show(first);
  race.setSeed({ sha256: checkpoint.sha256, seed: seed ?? 0 });
  showList();
}

// The checkpoint that was looked at before this one, for the key that compares the two.
let [earlier, present] = [null, null];
document.addEventListener("ganrace:shown", () => {
  if (race.shown !== null && race.shown.sha256 !== present) [earlier, present] = [present, race.shown.sha256];
});
race.keys.register("explore", {
  c: ["compare_key_previous", () => present !== null && race.compare([earlier, present].filter((one) => one !== null))],
});

race.onLanguage(element, () => {
  showList();
  showWords();
  showCellWords();
  showStar();
  showProblem(problem);
});
begin();
setInterval(() => document.visibilityState === "visible" && !busy && document.activeElement !== select && refreshList(), 30000);
