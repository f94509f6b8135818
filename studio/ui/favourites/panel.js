const race = window.ganRace;
const { make } = race;
const $ = (selector) => element.querySelector(selector);
const dialog = $("dialog.favourites");
const status = $(".status");
const { visitor } = race;
const { all, find, keyOf, NOTE_LENGTH } = race.favourites;

let wall = []; // the studio's favourites as the program told them last
let owner = null; // what the program calls this browser: enough to know its stars again, too little to become it
let line = null; // what the status line says: {key, values}

function showLine(next) {
  line = next;
  status.hidden = next === null;
  status.textContent = next === null ? "" : race.text(next.key, next.values);
}

// --- cards -----------------------------------------------------------------------------------------------------------

function open(one) {
  dialog.close();
  race.openSeed(one);
}

function picture(one) {
  const words = race.tileWords(one);
  const image = make("img", { alt: "", width: 112, height: 112, loading: "lazy" });
  if (one.thumb) image.src = one.thumb;
  const button = make("button", { type: "button", className: "thumb" }, image, make("span", { textContent: words }));
  button.dataset.tile = keyOf(one);
  button.addEventListener("click", () => open(one));
  return button;
}

function ownCard(one) {
  const note = make("input", { className: "note", value: one.note, maxLength: NOTE_LENGTH, placeholder: race.text("note") });
  note.setAttribute("aria-label", race.text("note_of", { seed: one.seed }));
  note.addEventListener("change", () => race.favourites.change(one, { note: note.value.trim() }));
  const remove = make("button", { type: "button", className: "remove", textContent: "×" });
  remove.setAttribute("aria-label", race.text("remove", { seed: one.seed }));
  remove.addEventListener("click", () => {
    race.favourites.toggle(one);
    ($(".mine .thumb") ?? $(".close")).focus();
  });
  const choice = $(".tiles-zip").open ? [chooser(one)] : [];
  return make("li", {}, picture(one), ...choice, make("div", { className: "row" }, note, remove));
}

function othersCard(one) {
  const stars = make("span", { className: "stars", textContent: race.text("stars", one) });
  const star = make("button", { type: "button", className: "star", textContent: race.text("star") });
  star.setAttribute("aria-pressed", String(race.favourites.has(one)));
  star.dataset.tile = keyOf(one);
  star.addEventListener("click", () => race.favourites.toggle(one));
  const words = one.note ? [make("p", { className: "said", textContent: one.note })] : [];
  return make("li", {}, picture(withThumb(one)), ...words, make("div", { className: "row" }, stars, star));
}

const drawn = new Map(); // thumbnails of tiles that are no favourites of this browser
const withThumb = (one) => ({ ...one, thumb: one.thumb ?? drawn.get(keyOf(one)) ?? find(one)?.thumb });

function showCards() {
  if (!dialog.open) return;
  const mine = all().reverse();
  const { className = "", dataset = {} } = document.activeElement ?? {};
  if (className !== "note") $(".mine").replaceChildren(...mine.map((one) => ownCard(withThumb(one))));
  $(".none").hidden = mine.length > 0;
  $(".save").disabled = mine.length === 0;
  $(".others").replaceChildren(...wall.map(othersCard));
  $(".take-all").hidden = wall.every(race.favourites.has);
  const place = [...dialog.querySelectorAll(`.cards .${className || "thumb"}`)].find((one) => one.dataset.tile === dataset.tile);
  if (dataset.tile && !dialog.contains(document.activeElement)) (place ?? $(".close")).focus();
  showZip();
  drawMissing();
}

// Draw what has no thumbnail yet, one after the other and after everything else that is to be drawn.
let drawing = false;
async function drawMissing() {
  if (drawing) return;
  drawing = true;
  const failed = new Set();
  const missing = () => [...all().reverse(), ...wall].find((one) => !withThumb(one).thumb && !failed.has(keyOf(one)));
  while (dialog.open && missing()) {
    const one = missing();
    const answer = await race.ask(server.thumbnail, { sha256: one.sha256, seed: one.seed, psi: one.psi, visitor });
    if (!answer.jpeg) failed.add(keyOf(one));
    else putThumbnail(one, race.jpegUrl(answer.jpeg), answer.name);
  }
  drawing = false;
}

function putThumbnail(one, thumb, name) {
  drawn.set(keyOf(one), thumb);
  for (const button of dialog.querySelectorAll(".thumb")) {
    if (button.dataset.tile === keyOf(one)) button.querySelector("img").src = thumb;
  }
  if (find(one)) race.favourites.change(one, { thumb, name: find(one).name || name }, { quietly: true });
}

// --- the file --------------------------------------------------------------------------------------------------------

const KIND = "gan-race-favourites";
const VERSION = 1;
const MAX_BYTES = 200000;

// Whose stars these are goes with them, so that they are not counted twice where their browser cannot come to.
function toFile() {
  const favourites = all().map(({ thumb, ...one }) => ({ ...one, former: race.favourites.formerOf(one.former, [owner]) }));
  return new Blob([JSON.stringify({ kind: KIND, version: VERSION, favourites }, null, 1)], { type: "application/json" });
}

function save() {
  const day = new Date().toISOString().slice(0, 10);
  race.save(toFile(), `gan_race_favourites_${day}.json`);
}

// The favourites of a file, or one sentence about what is wrong with it.
function fromFile(text) {
  let content = null;
  try {
    content = JSON.parse(text);
  } catch {
    return { key: "error_favourites_json" };
  }
  if (content?.kind !== KIND || !Array.isArray(content.favourites)) return { key: "error_favourites_kind" };
  if (content.version !== VERSION) return { key: "error_favourites_version", values: { version: String(content.version).slice(0, 20), known: VERSION } };
  const wrong = content.favourites.findIndex((one) => race.favourites.checked(one) === null);
  if (wrong >= 0) return { key: "error_favourites_row", values: { row: wrong + 1 } };
  return { favourites: content.favourites.map(race.favourites.checked) };
}

async function load(file) {
  if (!file) return;
  if (file.size > MAX_BYTES) return showLine({ key: "error_favourites_size", values: { limit: MAX_BYTES / 1000 } });
  const { favourites, ...problem } = fromFile(await file.text());
  if (!favourites) return showLine(problem);
  add(favourites);
}

// Take favourites to one's own; what is there already keeps its note and its thumbnail. Whose stars a file says they were is
// told the studio once, with this loading.
const claims = new Map();
function add(favourites) {
  for (const one of favourites) if (one.former) claims.set(keyOf(one), one.former);
  const fresh = favourites.filter((one) => !race.favourites.has(one));
  const came = new Map(favourites.map((one) => [keyOf(one), one.former]));
  const joined = [...all(), ...fresh].map((one) => ({ ...one, former: race.favourites.formerOf(one.former, came.get(keyOf(one))) }));
  const fits = race.favourites.replace(joined);
  if (fits) showLine({ key: "favourites_loaded", values: { count: new Set(fresh.map(keyOf)).size, known: favourites.length - fresh.length } });
  else refuseFull();
}

function refuseFull() {
  claims.clear();
  showLine({ key: "error_favourites_full", values: { limit: race.favourites.MOST } });
}

$(".save").addEventListener("click", save);
$(".lifeboat").addEventListener("click", save);
$(".load").addEventListener("change", (event) => {
  load(event.target.files[0]);
  event.target.value = "";
});
$(".take-all").addEventListener("click", () => add(wall.map((one) => ({ ...race.favourites.checked(one), added: Date.now() }))));

// --- the wall of the studio --------------------------------------------------------------------------------------------

const sharing = $(".sharing");
sharing.checked = race.keep.read("sharing") !== false;
sharing.addEventListener("change", () => {
  race.keep.write("sharing", sharing.checked);
  share();
});

const toShare = () => (sharing.checked ? all().map(({ thumb, former, ...one }) => ({ ...one, added: one.added / 1000 })) : []);
const withClaims = (one) => (claims.has(keyOf(one)) ? { ...one, former: claims.get(keyOf(one)) } : one);
let shared = null; // what the studio was told last

// Tell the studio which favourites are this browser's; it answers with everybody's.
async function share() {
  const favourites = toShare();
  const answer = await race.ask(server.share, { secret: race.secret(), address: location.origin, favourites: favourites.map(withClaims) });
  if (answer.error) return;
  for (const one of favourites) claims.delete(keyOf(one));
  owner = answer.owner;
  shared = JSON.stringify(favourites);
  wall = answer.wall;
  if (!answer.kept) showLine({ key: "error_wall" });
  showCards();
}

let later = null;
document.addEventListener("race:favourites", () => {
  showCards();
  clearTimeout(later);
  if (claims.size > 0 || shared !== JSON.stringify(toShare())) later = setTimeout(share, 400);
});

// --- is the program still there? -------------------------------------------------------------------------------------

const BEAT_SECONDS = 10;
const PATIENCE_SECONDS = 4;
let alive = true;
let timer = null;

async function beat() {
  clearTimeout(timer);
  try {
    const answer = await fetch(new URL("race/alive", document.baseURI), { cache: "no-store", signal: AbortSignal.timeout(PATIENCE_SECONDS * 1000) });
    setAlive(answer.ok && (await answer.json()).alive === true);
  } catch {
    setAlive(false);
  }
  timer = setTimeout(beat, (alive ? BEAT_SECONDS : PATIENCE_SECONDS) * 1000);
}

function setAlive(next) {
  if (next && !alive) share();
  alive = next;
  $(".lost").hidden = alive;
  $(".lost-favourites").hidden = $(".lifeboat").hidden = all().length === 0;
  document.dispatchEvent(new CustomEvent("race:alive", { detail: alive }));
}

document.addEventListener("race:failed", beat);
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && beat());

// --- opening -----------------------------------------------------------------------------------------------------------

race.dialog(dialog);
document.addEventListener("race:open-favourites", () => {
  showLine(null);
  dialog.showModal();
  showCards();
  share();
});
race.onLanguage(element, () => {
  showLine(line);
  showCards();
});
beat();
if (all().length > 0) share();
