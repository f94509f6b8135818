// A sheet of whole tiles: which seeds, what is kept and dropped. How they stream in, the ranking and the knockout are in the
// files that are put in after this one.
const race = window.ganRace;
const $ = (selector) => element.querySelector(selector);
const { make } = race;
const [status, sheet, select] = [".status", ".sheet", ".seeds-checkpoint"].map($);
const { visitor } = race;
const LIMIT = 2 ** 32;
const SMALL = 320;
const LARGE = 640;
const FEW_COLUMNS = 2; // with which a tile is so large that it needs the larger picture
const MOST_MARKED = 40; // checkpoints whose marks are kept
const BEST = 24; // seeds of the ranking that may be shown alone

let list = null;
const usual = { start: 0, count: props.counts[0] };
let range = linkedRange();
let wish = null; // {sha256, psi} whose seeds are on the sheet
let cursor = null; // the seed that the keys are about
let filter = "all";
let order = "number";
let columns = 0;
let problem = null;
let marked = []; // what was kept and dropped on this sheet: {seed, mark: the one before}, the last one at the end
let scores = new Map(); // seed -> its score, the best first
const cards = new Map(); // seed -> its node: those of the sheet in the order of their numbers, then any other that was shown
const pictures = new Map(); // `seed side` -> address of the JPEG
const previews = new Set(); // which of them are in a lower precision than the tile
let hasPreviewRows = false; // as are the rows of the first tile, until the whole of it is there
const endOfSheet = () => Math.min(range.start + range.count, LIMIT);
const isOnSheet = (seed) => seed >= range.start && seed < endOfSheet();
const sheetSeeds = () => [...cards.keys()].filter(isOnSheet);

const isOpen = () => race.tab === "seeds" && element.isConnected;
const key = (seed) => ({ ...wish, seed });
const isStarred = (seed) => race.favourites.has(key(seed));

function showProblem(error) {
  problem = error;
  status.hidden = error === null;
  status.textContent = error === null ? "" : race.errorText(error);
  status.classList.toggle("failed", error !== null);
}

// What was kept and dropped, for each checkpoint: {seed: "keep" | "drop"}.
const marks = {
  name: () => `${wish.sha256} ${wish.psi}`,
  every() {
    const kept = race.keep.read("marks");
    return typeof kept === "object" && kept !== null && !Array.isArray(kept) ? kept : {};
  },
  all: () => marks.every()[marks.name()] ?? {},
  of: (seed) => [marks.all()[seed]].find((mark) => mark === "keep" || mark === "drop") ?? null,
  kept: () => Object.entries(marks.all()).flatMap(([seed, mark]) => (mark === "keep" ? race.parseSeed(seed) ?? [] : [])),
  set(seed, mark) {
    const every = marks.every();
    const own = { ...every[marks.name()], [seed]: mark };
    if (mark === null) delete own[seed];
    delete every[marks.name()];
    race.keep.write("marks", Object.fromEntries([...Object.entries(every), [marks.name(), own]].slice(-MOST_MARKED)));
  },
};

const side = () => (columns <= FEW_COLUMNS ? LARGE : SMALL);
const pictureOf = (seed) => pictures.get(`${seed} ${side()}`) ?? pictures.get(`${seed} ${LARGE}`) ?? pictures.get(`${seed} ${SMALL}`);
const isDrawn = (seed) => pictures.has(`${seed} ${side()}`) || pictures.has(`${seed} ${LARGE}`);

// What was kept or starred of this checkpoint, on all its sheets; a filter by one of them shows it, wherever the sheet is.
const isOfThis = ({ sha256, psi }) => sha256 === wish.sha256 && psi === wish.psi;
const chosen = {
  kept: marks.kept,
  starred: () => race.favourites.all().filter(isOfThis).map((one) => one.seed),
};
const byNumber = (seeds) => [...new Set(seeds)].sort((one, other) => one - other);

function passing() {
  if (cards.size === 0) return [];
  if (filter in chosen) return byNumber(chosen[filter]());
  const best = new Set([...scores.keys()].filter(isOnSheet).slice(0, BEST));
  return sheetSeeds().filter((seed) => filter === "all" || best.has(seed));
}

// The seeds that are shown, in the order in which they are shown.
function visible() {
  const seeds = passing();
  const total = (seed) => scores.get(seed)?.total ?? -Infinity;
  return order === "score" ? seeds.sort((one, other) => total(other) - total(one) || one - other) : seeds;
}

const elsewhere = () => (filter in chosen ? passing().filter((seed) => !isOnSheet(seed)) : []);

function cardOf(seed) {
  if (!cards.has(seed)) cards.set(seed, makeCard(seed));
  return cards.get(seed);
}

function makeCard(seed) {
  const image = make("img", { alt: "", width: SMALL, height: SMALL, draggable: false });
  const frame = make("span", { className: "frame" }, image, make("span", { className: "marks" }));
  const words = make("span", { className: "card-caption" });
  const button = make("button", { type: "button", className: "card", tabIndex: -1 }, frame, words);
  button.dataset.keys = "";
  button.dataset.seed = seed;
  button.addEventListener("click", (event) => (event.detail === 0 ? open(seed) : select_(seed)));
  button.addEventListener("dblclick", () => open(seed));
  button.addEventListener("focus", () => cursor !== seed && select_(seed));
  return make("li", {}, button);
}

function showCard(seed) {
  const button = cards.get(seed)?.firstElementChild;
  if (!button) return;
  const [mark, starred, picture, score] = [marks.of(seed), isStarred(seed), pictureOf(seed), scores.get(seed)];
  button.dataset.mark = mark ?? "";
  button.classList.toggle("current", seed === cursor);
  button.tabIndex = seed === cursor ? 0 : -1;
  const image = button.querySelector("img");
  if (picture && image.getAttribute("src") !== picture) image.src = picture;
  const signs = [starred ? "★" : "", mark === "keep" ? "✓" : mark === "drop" ? "✕" : ""].join("");
  const outlined = $(".outline").checked ? outlineWords(score) : {};
  const failed = hasFailed(seed) && race.text("seeds_is_failed");
  const points = [score?.total.toFixed(2), outlined.diversity, failed].filter(Boolean).map((one) => ` · ${one}`);
  button.querySelector(".card-caption").textContent = `${signs} ${seed}${points.join("")}`.trim();
  const states = [mark && race.text(`seeds_is_${mark}`), starred && race.text("seeds_is_starred"), outlined.cells, outlined.diversity, failed].filter(Boolean);
  button.setAttribute("aria-label", [cardWords(seed), ...states].join(", "));
  showOutline(button, score);
}

// A truncation is said wherever tiles are named; none is not.
const psiWords = () => (wish.psi === 1 ? "" : race.text("caption_psi", wish));
const cardWords = (seed) => [race.text("seeds_card", { seed }), psiWords()].filter(Boolean).join(", ");
const nameOf = (seed) => [`${race.text("seed")} ${seed}`, psiWords()].filter(Boolean).join(" · ");

function outlineWords(score) {
  if (score === undefined) return {};
  return {
    cells: race.text("seeds_weakest", { cells: score.cells.join(", ") }),
    diversity: race.text("seeds_diversity", { diversity: score.diversity.toFixed(2) }),
  };
}

function showOutline(button, score) {
  const cells = $(".outline").checked ? score?.cells ?? [] : [];
  button.querySelector(".marks").replaceChildren(...cells.map(race.cellMark));
}

// Put the cards into their order, and see that the cursor is on one of them; it keeps the focus where it has it.
function arrange() {
  const seeds = visible();
  const [nodes, hasFocus] = [seeds.map(cardOf), sheet.contains(document.activeElement)];
  if (nodes.length !== sheet.children.length || nodes.some((node, place) => node !== sheet.children[place])) sheet.replaceChildren(...nodes);
  if (!seeds.includes(cursor)) cursor = seeds[0] ?? null;
  for (const seed of seeds) showCard(seed);
  if (hasFocus) cards.get(cursor)?.firstElementChild.focus({ preventScroll: true });
  $(".nothing").hidden = seeds.length > 0 || cards.size === 0;
  $(".nothing").textContent = race.text(filter === "best" && scores.size < 2 ? "ranking_waiting" : "seeds_nothing");
  showBar();
}

function showBar() {
  if (wish === null) return;
  const [mark, starred] = cursor === null ? [null, false] : [marks.of(cursor), isStarred(cursor)];
  $(".card-words").textContent = cursor === null ? "" : nameOf(cursor);
  $(".keep").setAttribute("aria-pressed", String(mark === "keep"));
  $(".drop-seed").setAttribute("aria-pressed", String(mark === "drop"));
  $(".star-seed").setAttribute("aria-pressed", String(starred));
  for (const name of [".keep", ".drop-seed", ".star-seed", ".open-seed"]) $(name).disabled = cursor === null;
  showProgress();
  $(".halt").hidden = wanted().every(isDrawn);
  $(".halt").textContent = race.text(hasStopped() ? "seeds_go_on" : "ranking_stop");
}

// How far the sheet is, or what the filter shows of all sheets.
function showProgress() {
  const seeds = filter in chosen ? passing() : sheetSeeds();
  const drawn = seeds.filter(isDrawn).length;
  const [kept, dropped] = ["keep", "drop"].map((one) => seeds.filter((seed) => marks.of(seed) === one).length);
  const values = { drawn, count: seeds.length, kept, dropped, others: elsewhere().length, looked: race.looked.count(wish.sha256) };
  const words = race.text(filter in chosen ? `seeds_progress_${filter}` : "seeds_progress", values);
  const precision = hasPreviewRows || previews.size > 0 ? race.text("seeds_previews") : "";
  $(".progress-words").textContent = [psiWords(), words, precision].filter(Boolean).join(" · ");
  $(".streaming progress").max = Math.max(seeds.length, 1);
  $(".streaming progress").value = drawn;
}

function select_(seed, focus = false) {
  const before = cursor;
  cursor = seed;
  for (const one of [before, seed]) if (one !== null) showCard(one);
  showBar();
  const button = cards.get(seed)?.firstElementChild;
  if (focus) button?.focus({ preventScroll: true });
  button?.scrollIntoView({ block: "nearest" });
}

function move(by) {
  const seeds = visible();
  const next = seeds.indexOf(cursor) + by;
  if (next >= 0 && next < seeds.length) select_(seeds[next], sheet.contains(document.activeElement));
}

// Mark a seed, or take the same mark back, and go on to the next.
function mark(kind) {
  if (cursor === null) return;
  const [seed, seeds] = [cursor, visible()];
  const place = seeds.indexOf(seed);
  marked.push({ seed, mark: marks.of(seed) });
  setMark(seed, marks.of(seed) === kind ? null : kind);
  const isGone = !visible().includes(seed);
  const next = seeds[place + 1] ?? (isGone ? seeds[place - 1] : undefined);
  if (next !== undefined) select_(next, sheet.contains(document.activeElement));
  if (isGone) arrange();
  showBar();
}

function setMark(seed, kind) {
  marks.set(seed, kind);
  race.live(race.text(kind ? `seeds_marked_${kind}` : "seeds_unmarked", { seed }));
  showCard(seed);
}

function takeBack() {
  const last = marked.pop();
  if (last === undefined) return race.live(race.text("seeds_nothing_marked"));
  setMark(last.seed, last.mark);
  if (filter === "kept") arrange();
  if (visible().includes(last.seed)) select_(last.seed, sheet.contains(document.activeElement));
  showBar();
}

function star() {
  if (cursor === null) return;
  const name = race.find(list, wish.sha256)?.name;
  const image = cards.get(cursor)?.querySelector("img");
  const thumb = image?.complete && image.naturalWidth ? race.toThumbnail(image) : null;
  race.favourites.toggle({ ...key(cursor), name, thumb });
}

const open = (seed) => seed !== null && race.openSeed(key(seed));

// Begin a sheet anew: other seeds, another checkpoint, another truncation.
function begin() {
  pictures.clear();
  previews.clear();
  [halted, hasPreviewRows, marked, scores] = [false, false, [], new Map()];
  showProblem(null);
  cards.clear();
  tellRange();
  for (let seed = range.start; seed < endOfSheet(); seed++) cardOf(seed);
  cursor = range.start;
  showRange();
  $(".further").disabled = endOfSheet() >= LIMIT;
  leaveKnockout();
  arrange();
  forgetRanking();
  stream();
}

function showRange() {
  $(".start").value = range.start;
  $(".count").value = range.count;
}

// Show what all tabs look at; tells whether that is another sheet.
function follow() {
  if (!isOpen() || list === null) return false;
  const { sha256, psi } = lookedAt();
  if (race.link.wrong(["ck", "psi"])) return refuse();
  if (wish?.sha256 === sha256 && wish.psi === psi) return false;
  wish = { sha256, psi };
  showSelect();
  begin();
  return true;
}

// What all tabs look at; before Explore has read the link, what the link says.
const lookedAt = () => (race.seed.sha256 === null ? race.link.wish(list) : race.seed);

// Nothing is drawn for a truncation that is none, until something is chosen.
function refuse() {
  showSelect();
  showRange();
  showProblem(race.link.wrong(["ck", "psi"]));
  return true;
}

// Where the checkpoint is not in the list, none is chosen in it.
function showSelect() {
  const { sha256 } = wish ?? lookedAt();
  race.fillCheckpoints(select, list, sha256);
  select.value = sha256;
}

// The link says which seeds are on the sheet, where they are not the usual ones; nonsense in it is passed over.
function linkedRange() {
  const start = race.parseSeed(race.link.get("start") ?? "") ?? usual.start;
  const count = props.counts.find((one) => String(one) === race.link.get("count")) ?? usual.count;
  return { start, count };
}

function tellRange() {
  const unusual = (name) => (range[name] === usual[name] ? null : range[name]);
  race.link.set({ start: unusual("start"), count: unusual("count") });
}

// Show other seeds; a filter for what is on any sheet would hide them.
function showSheet(start) {
  range = { start, count: Number($(".count").value) };
  if (filter in chosen) filter = $(".filter").value = "all";
  race.link.dropWrong();
  if (!follow() && wish !== null) begin();
}

function setColumns(count) {
  columns = count;
  $(".columns-count").value = count;
  sheet.style.setProperty("--columns", count);
  if (wish !== null) stream();
}

async function refreshList() {
  const answer = await askThrough(() => race.refreshList(), null, isOpen);
  if (answer.error) return showProblem(answer.error);
  if (answer.superseded) return;
  list = answer.list;
  follow();
}

$(".range").addEventListener("submit", (event) => {
  event.preventDefault();
  const start = race.parseSeed($(".start").value);
  if (start === null) return showProblem({ code: "error_seed", values: { value: $(".start").value } });
  showSheet(start);
});
$(".further").addEventListener("click", () => showSheet(nextStart()));
select.addEventListener("change", () => race.setSeed({ sha256: select.value }));
$(".filter").addEventListener("change", (event) => {
  filter = event.target.value;
  if (filter === "best") $(".ranking").open = true; // with its warning and its histogram
  arrange();
  stream();
});
$(".order").addEventListener("change", (event) => {
  order = event.target.value;
  arrange();
});
$(".columns-count").addEventListener("change", (event) => setColumns(Number(event.target.value)));
$(".outline").addEventListener("change", () => {
  arrange();
  showMethod();
});
$(".keep").addEventListener("click", () => mark("keep"));
$(".drop-seed").addEventListener("click", () => mark("drop"));
$(".star-seed").addEventListener("click", star);
$(".open-seed").addEventListener("click", () => open(cursor));

$(".see").addEventListener("click", () => changeSeeing());

document.addEventListener("race:tab", () => {
  if (!isOpen()) return leave();
  if (list === null) refreshList();
  else if (!follow()) goOn();
});
document.addEventListener("race:seed", follow);
document.addEventListener("race:list", () => {
  if (list === null) return;
  list = race.list;
  if (document.activeElement !== select) showSelect();
  if (wish !== null && cards.size === 0 && isOpen() && race.find(list, wish.sha256)) begin(); // it was not here, and now is
});
window.addEventListener("storage", ({ key: name }) => {
  if (name !== "ganrace.marks" || wish === null) return; // another window of this browser
  arrange();
  stream();
});
document.addEventListener("race:favourites", () => {
  if (wish === null) return;
  arrange();
  if (filter === "starred" && !visible().every(isDrawn)) stream();
});
