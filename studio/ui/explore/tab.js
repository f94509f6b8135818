const race = window.ganRace;
const $ = (selector) => element.querySelector(selector);
const [tile, caption, status, select, field, psi] = [".tile", ".caption", ".status", ".checkpoint", ".seed", ".psi"].map($);
const { visitor } = race;

let list = props.list;
let problem = null; // the error on the screen
let lost = null; // the error of a tile that could not be asked for; it is, once the program answers again
let busy = false;
let unseen = null; // the checkpoint of the link, where nothing of it can be shown

const checkpointOf = (sha256) => race.find(list, sha256);

function showList() {
  race.fillCheckpoints(select, list, race.seed.sha256 ?? unseen ?? list.default);
  $(".problems").hidden = list.problems.length === 0;
  $(".problems ul").replaceChildren(
    ...list.problems.map((one) => Object.assign(document.createElement("li"), { textContent: `${one.name}: ${race.text(one.reason.code, one.reason.values)}` })),
  );
}

function showProblem(error) {
  problem = error;
  status.hidden = error === null;
  status.textContent = error === null ? "" : race.errorText(error);
  status.classList.toggle("told", error === RELIEVED);
}

function captionOf(shown) {
  const said = [race.text("caption", { ...shown, hash: shown.sha256.slice(0, 8) })];
  said.push(race.weightsText(shown), race.previewText(shown));
  if (shown.psi !== 1) said.push(race.text("caption_psi", shown));
  said.push(race.text("caption_drawn", { ...shown, seconds: shown.seconds.toFixed(2), z: shown.z_hash }));
  return said.filter(Boolean).join(" · ");
}

function showWords() {
  const shown = race.shown;
  caption.textContent = shown ? captionOf(shown) : "";
  tile.alt = shown ? race.text("tile_alt", shown) : race.text("no_tile_alt");
  showFacts(shown ? checkpointOf(shown.sha256) : undefined);
}

function showFacts(checkpoint) {
  const rows = checkpoint === undefined ? [] : [
    ["passport_recipe", race.named(checkpoint.recipe)],
    ["passport_images", checkpoint.images?.toLocaleString(race.language)],
    ["passport_time", typeof checkpoint.seconds === "number" ? race.text("minutes", { minutes: Math.round(checkpoint.seconds / 60) }) : null],
    ["passport_device", checkpoint.devices.map(race.deviceText).join(", ")],
    ["passport_classes", checkpoint.classes || null],
    ["passport_pretrained", checkpoint.recipe ? race.named(checkpoint.pretrained) ?? race.text("passport_none") : null],
  ].filter(([, value]) => value);
  const alarms = race.alarms(checkpoint);
  $(".alarms").hidden = alarms.length === 0;
  $(".alarms").replaceChildren(...alarms.map((one) => Object.assign(document.createElement("li"), { textContent: one })));
  $(".passport").hidden = rows.length === 0;
  $(".facts").replaceChildren(
    ...rows.flatMap(([key, value]) => [
      Object.assign(document.createElement("dt"), { textContent: race.text(key) }),
      Object.assign(document.createElement("dd"), { textContent: value }),
    ]),
  );
}

// The picture and everything said about it change in one step, once the picture is decoded.
async function show(answer, obsolete = () => false) {
  const url = race.jpegUrl(answer.jpeg);
  const decoded = new Image();
  decoded.src = url;
  await decoded.decode();
  if (obsolete()) return;
  tile.src = url;
  const { jpeg, ...facts } = answer;
  race.setShown({ ...facts, picture: url, thumb: null });
  showWords();
  $(".tile-button").disabled = false;
  if (document.activeElement !== field) field.value = answer.seed;
  if (select.value !== answer.sha256) race.fillCheckpoints(select, list, answer.sha256);
  select.value = answer.sha256;
  race.live(race.text("shown", answer));
  const { shown } = race;
  afterPaint(() => noteVisited(shown, decoded));
}

// What can wait until the picture is on the screen: the link, and its thumbnail for the strip and for a favourite. The
// frame after the next one begins when that is there.
const afterPaint = (run) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(run)));
function noteVisited(shown, picture) {
  if (shown === race.shown && race.showsTile()) race.link.look(shown);
  shown.thumb ??= race.toThumbnail(picture);
  visited.visit(shown);
}

const refreshList = () => race.refreshList();

// Half the picture's side comes first, with a quarter of the bytes and of the work to show it, and in a lower precision
// where that is drawn sooner; on a slow network the whole picture, which is the exact one, follows only once nobody has
// wished for another one for a moment.
const SLOW_MILLISECONDS = 700;
const IDLE_MILLISECONDS = 400;
let slow = navigator.connection?.saveData === true || ["slow-2g", "2g", "3g"].includes(navigator.connection?.effectiveType);

async function ask(wish, preview = true) {
  const start = performance.now();
  const answer = await race.ask(server.show, { ...wish, visitor, preview });
  const onTheWay = performance.now() - start - (answer.served_seconds ?? 0) * 1000;
  if (answer.jpeg) slow = onTheWay > (answer.preview ? SLOW_MILLISECONDS / 4 : SLOW_MILLISECONDS);
  return answer;
}

const { same } = race.favourites;
const isLooked = () => race.showsTile() || race.gone.has(race.shown?.sha256);
const wanted = () => race.seed.sha256 !== null && isLooked() && !same(race.shown, race.seed);

const RELIEVED = { code: "memory_relieved", values: {} }; // no error, but worth a word, once

// Draw until what is shown is what was wished last; wishes in between are skipped.
async function pump() {
  if (busy) return;
  busy = true;
  race.ahead.stop();
  $(".stage").classList.add("waiting");
  while (wanted()) {
    const wish = race.seed;
    const answer = race.ahead.take(wish) ?? (await ask(wish));
    if (answer.superseded) continue;
    if (answer.error) {
      if (wish !== race.seed) continue;
      showProblem(answer.error);
      if (answer.error.code === "error_checkpoint") refreshList();
      if (race.tab === "explore" && isLost(answer.error)) keepWish(answer.error);
      else goBackToShown();
      break;
    }
    race.ahead.keep(wish, { ...answer, relieved: false });
    await show(answer);
    showProblem(answer.relieved ? RELIEVED : null);
  }
  busy = false;
  $(".stage").classList.remove("waiting");
  if (race.shown?.preview) refineSoon();
  else if (lost === null) lookAhead();
}

// A lost connection says nothing about the wish; until it can be drawn, the link names the tile that is on the screen.
const isLost = (error) => error?.code === "error_connection";
function keepWish(error) {
  lost = error;
  if (race.shown !== null) race.link.look(race.shown);
}

const refineSoon = () => (slow ? setTimeout(refine, IDLE_MILLISECONDS) : afterPaint(refine));

function lookAhead() {
  if (slow || race.shown === null || race.tab !== "explore") return;
  race.ahead.begin(race.seed, (next) => race.ask(server.show, { ...next, visitor, ahead: true }));
}

// Put the whole picture in the place of its preview, once nobody waits for another.
async function refine() {
  const wish = race.seed;
  if (busy || !race.shown?.preview || !same(race.shown, wish)) return;
  const answer = await ask(wish, false);
  if (isLost(answer.error)) lost = answer.error;
  if (!answer.jpeg) return;
  race.ahead.keep(wish, answer);
  await show(answer, () => !same(race.shown, answer));
  if (!busy) lookAhead();
}

// After an error the wish is what is shown again, so that the next step counts from there.
function goBackToShown() {
  const { sha256 = null, seed = 0, psi = 1 } = race.shown ?? {};
  race.setSeed({ sha256, seed, psi });
  if (sha256 !== null) race.link.look(race.seed);
  showList();
}

document.addEventListener("race:seed", () => {
  if (race.seed.sha256 === null) return;
  field.value = race.seed.seed;
  showPsi(race.seed.psi);
  pump();
});
document.addEventListener("race:tab", pump);

function showPsi(value) {
  if (document.activeElement !== psi) psi.value = value;
  $(".psi-value").textContent = value;
  if (value !== 1) $(".more").open = true;
}
psi.addEventListener("input", () => wish({ psi: Number(psi.value) }));

const wish = (change) => race.setSeed({ sha256: race.seed.sha256 ?? list.default, ...change });
const LIMIT = 2 ** 32;
const step = (by) => wish({ seed: (race.seed.seed + by + LIMIT) % LIMIT });
const randomSeed = () => wish({ seed: crypto.getRandomValues(new Uint32Array(1))[0] });

function star() {
  if (race.shown === null) return;
  race.shown.thumb ??= race.toThumbnail(tile);
  const starred = race.favourites.toggle(race.shown);
  race.live(race.text(starred ? "starred" : "unstarred", race.shown));
}

$(".previous").addEventListener("click", () => step(-1));
$(".next").addEventListener("click", () => step(1));
$(".random").addEventListener("click", randomSeed);
select.addEventListener("change", () => {
  wish({ sha256: select.value });
  showList();
});
select.addEventListener("focus", refreshList);

$(".seed-form").addEventListener("submit", (event) => {
  event.preventDefault();
  const seed = race.parseSeed(field.value);
  showProblem(seed === null ? { code: "error_seed", values: { value: field.value } } : null);
  if (seed !== null) wish({ seed });
});

$(".star").addEventListener("click", star);
function showStar() {
  const starred = race.shown !== null && race.favourites.has(race.shown);
  $(".star").setAttribute("aria-pressed", String(starred));
  $(".star").disabled = race.shown === null;
}
for (const name of ["race:favourites", "ganrace:shown"]) document.addEventListener(name, showStar);

const visited = race.visitedStrip($(".visited"));

race.keys.register("explore", {
  next: () => step(1),
  previous: () => step(-1),
  random: randomSeed,
  star,
  key_back: visited.back,
  key_seed_field: () => field.select(),
});

// --- one picture ---------------------------------------------------------------------------------------------------------

// One picture, enlarged from its exact pixels, and the training pictures nearest to it.
const wishOf = ({ sha256, seed, psi }) => ({ sha256, seed, psi });
const lens = race.lens($(".lens"), {
  ask: (cell) => race.ask(server.cell, { ...wishOf(race.shown), cell, visitor }),
  nearest: props.copies ? (cell) => server.nearest({ ...wishOf(race.shown), cell, visitor: race.visitor }) : null,
  stopNearest: () => server.stop_nearest({ visitor: race.visitor }),
  words: cellWords,
  fail: showProblem,
  opened: (cell) => race.link.set({ cell }),
  closed: () => race.link.set({ cell: null }),
});
const openCell = (index) => race.shown !== null && lens.open(index);

function cellWords(cell) {
  const place = { ...race.placeOf(cell), seed: race.shown.seed };
  return { caption: race.cellText(race.shown, cell), pictures: [{ alt: race.text("cell_alt", place) }] };
}

race.touch($(".tile-button"), { swipe: step, tap: (event) => openCell(race.cellAt(tile, event)), doubleTap: star });

// --- opening ---------------------------------------------------------------------------------------------------------------

// What the link says, checked: {wish, cell}, or {error}; without a link, the tile that came with the page.
function fromLink() {
  const error = race.link.wrong();
  const { seed, psi } = race.seed; // the link's, or chosen on another tab while the link was wrong
  return error ? { error } : { wish: { ...race.link.wish(list), seed, psi }, cell: race.link.cellOn("explore") };
}

// A checkpoint that the link names and the list does not may be an older step of a run: the program knows. Where it is
// not there, nothing else is shown. Without a link, what came with the page may be old news: then the newest follows.
async function begin() {
  const { wish: linked, cell: linkedCell, error } = fromLink();
  const named = race.link.get("ck") !== null;
  field.value = race.link.get("seed") ?? 0;
  if (error) {
    unseen = error.values.hash ?? null;
    showProblem(error);
    return showList();
  }
  const { first } = props;
  const came = first && same(first, linked);
  const answer = came ? first : await ask(linked);
  if (answer.error) {
    showProblem(answer.error);
    if (isLost(answer.error)) lost = answer.error;
    unseen = linked.sha256;
    return showList();
  }
  await show(answer, () => race.seed.sha256 !== null);
  showProblem(null);
  if (race.seed.sha256 === null) race.setSeed({ sha256: answer.sha256 }); // or chosen meanwhile
  race.ahead.keep(answer, answer);
  showList();
  if (answer.preview) refineSoon();
  if (linkedCell !== null) openCell(linkedCell);
  await refreshList();
  if (!named && same(race.seed, answer) && list.default !== answer.sha256) wish({ sha256: list.default });
}

// The checkpoint that was looked at before this one, for the key that compares the two.
let [earlier, present] = [null, null];
document.addEventListener("ganrace:shown", () => {
  if (race.shown !== null && race.shown.sha256 !== present) [earlier, present] = [present, race.shown.sha256];
});
race.keys.register("explore", {
  compare_key_previous: () => present !== null && race.compare([earlier, present].filter((one) => one !== null)),
});

race.onLanguage(element, () => {
  showList();
  showWords();
  lens.showWords();
  showStar();
  visited.showWords();
  showProblem(problem);
});
document.addEventListener("race:list", () => {
  const stoodIn = list.untrained !== null && race.seed.sha256 === list.default;
  list = race.list;
  if (stoodIn && list.untrained === null) wish({ sha256: list.default }); // there is a trained one now
  showList();
  showWords();
});
document.addEventListener("race:outdated", refreshList);
document.addEventListener("race:gone", () => race.gone.has(race.shown?.sha256) && $(".lens").close());
race.setList(list);
race.onAnswering(() => lost !== null && race.tab === "explore" && !$(".lens").open, () => {
  const error = lost;
  lost = null;
  if (race.seed.sha256 === null) return begin();
  if (wanted()) return pump();
  if (problem === error) showProblem(null);
  if (race.shown?.preview) refine();
});
document.addEventListener("race:righted", () => race.seed.sha256 === null && begin());
begin();
setInterval(() => document.visibilityState === "visible" && !busy && document.activeElement !== select && refreshList(), 30000);
