import { callServer } from "../shared/api.js";
import { localDay } from "../shared/dates.js";
import { focusedElement, jpegUrl, make, saveBlob, setUpDialog } from "../shared/dom.js";
import {
  MAX_FILE_BYTES,
  MOST,
  NOTE_LENGTH,
  checked,
  formerOf,
  fromFileContent,
  keyOf,
  toFileContent,
} from "../shared/favourite.js";
import * as localFavourites from "../shared/local_favourites.js";
import * as storage from "../shared/storage.js";
import { openSeed } from "../shared/tabs.js";
import { onLanguage, textOf, tileWords } from "../shared/texts.js";
import { visitor } from "../shared/visitor.js";
import { visitorSecret } from "../shared/visitor_secret.js";
import { $, dialog, element, props, server } from "./context.js";
import { chooser, showZip } from "./download_zip.js";

const status = $(".status");
$(".state-ends").hidden = props.state_lasts;

let wall = []; // the studio's favourites as the program told them last
let owner = null; // what the program calls this browser: enough to know its stars again, too little to become it
let line = null; // what the status line says: {key, values}

function showLine(next) {
  line = next;
  status.hidden = next === null;
  status.textContent = next === null ? "" : textOf(next.key, next.values);
}

// --- cards -----------------------------------------------------------------------------------------------------------

function open(one) {
  dialog.close();
  openSeed(one);
}

function picture(one) {
  const words = tileWords(one);
  const image = make("img", { alt: "", width: 112, height: 112, loading: "lazy" });
  if (one.thumb) image.src = one.thumb;
  const button = make("button", { type: "button", className: "thumb" }, image, make("span", { textContent: words }));
  button.dataset.tile = keyOf(one);
  button.addEventListener("click", () => open(one));
  return button;
}

function ownCard(one) {
  const note = make("input", {
    className: "note",
    value: one.note,
    maxLength: NOTE_LENGTH,
    placeholder: textOf("note"),
  });
  note.setAttribute("aria-label", textOf("note_of", { seed: one.seed }));
  note.addEventListener("change", () => localFavourites.change(one, { note: note.value.trim() }));
  const remove = make("button", { type: "button", className: "remove", textContent: "×" });
  remove.setAttribute("aria-label", textOf("remove", { seed: one.seed }));
  remove.addEventListener("click", () => {
    localFavourites.toggle(one);
    ($(".mine .thumb") ?? $(".close")).focus();
  });
  const choice = $(".tiles-zip").open ? [chooser(one)] : [];
  return make("li", {}, picture(one), ...choice, make("div", { className: "row" }, note, remove));
}

function othersCard(one) {
  const stars = make("span", { className: "stars", textContent: textOf("stars", one) });
  const star = make("button", { type: "button", className: "star", textContent: textOf("star") });
  star.setAttribute("aria-pressed", String(localFavourites.has(one)));
  star.dataset.tile = keyOf(one);
  star.addEventListener("click", () => localFavourites.toggle(one));
  const words = one.note ? [make("p", { className: "said", textContent: one.note })] : [];
  return make("li", {}, picture(withThumb(one)), ...words, make("div", { className: "row" }, stars, star));
}

const drawn = new Map(); // thumbnails of tiles that are no favourites of this browser
const withThumb = (one) => ({ ...one, thumb: one.thumb ?? drawn.get(keyOf(one)) ?? localFavourites.find(one)?.thumb });

export function showCards() {
  if (!dialog.open) return;
  const mine = localFavourites.all().reverse();
  const { className = "", dataset = {} } = focusedElement() ?? {};
  if (className !== "note") $(".mine").replaceChildren(...mine.map((one) => ownCard(withThumb(one))));
  $(".none").hidden = mine.length > 0;
  $(".save").disabled = mine.length === 0;
  $(".others").replaceChildren(...wall.map(othersCard));
  $(".take-all").hidden = wall.every(localFavourites.has);
  const place = [...dialog.querySelectorAll(`.cards .${className || "thumb"}`)].find(
    (one) => one.dataset.tile === dataset.tile,
  );
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
  const missing = () =>
    [...localFavourites.all().reverse(), ...wall].find((one) => !withThumb(one).thumb && !failed.has(keyOf(one)));
  while (dialog.open && missing()) {
    const one = missing();
    const answer = await callServer(server.thumbnail, { sha256: one.sha256, seed: one.seed, psi: one.psi, visitor });
    if (!answer.jpeg) failed.add(keyOf(one));
    else putThumbnail(one, jpegUrl(answer.jpeg), answer.name);
  }
  drawing = false;
}

function putThumbnail(one, thumb, name) {
  drawn.set(keyOf(one), thumb);
  for (const button of dialog.querySelectorAll(".thumb")) {
    if (button.dataset.tile === keyOf(one)) button.querySelector("img").src = thumb;
  }
  if (localFavourites.find(one)) {
    localFavourites.change(one, { thumb, name: localFavourites.find(one).name || name }, { quietly: true });
  }
}

// --- the file --------------------------------------------------------------------------------------------------------

function save() {
  const content = toFileContent(localFavourites.all(), owner);
  saveBlob(new Blob([content], { type: "application/json" }), `gan_race_favourites_${localDay()}.json`);
}

async function load(file) {
  if (!file) return;
  if (file.size > MAX_FILE_BYTES) {
    return showLine({ key: "error_favourites_size", values: { limit: MAX_FILE_BYTES / 1000 } });
  }
  const { favourites, problem } = fromFileContent(await file.text());
  if (favourites) add(favourites);
  else showLine(problem);
}

// Take favourites to one's own; what is there already keeps its note and its thumbnail. Whose stars a file says they were is
// told the studio once, with this loading.
const claims = new Map();
function add(favourites) {
  for (const one of favourites) if (one.former) claims.set(keyOf(one), one.former);
  const fresh = favourites.filter((one) => !localFavourites.has(one));
  const came = new Map(favourites.map((one) => [keyOf(one), one.former]));
  const joined = [...localFavourites.all(), ...fresh].map((one) => ({
    ...one,
    former: formerOf(one.former, came.get(keyOf(one))),
  }));
  const fits = localFavourites.replace(joined);
  if (fits) {
    showLine({
      key: "favourites_loaded",
      values: { count: new Set(fresh.map(keyOf)).size, known: favourites.length - fresh.length },
    });
  } else refuseFull();
}

function refuseFull() {
  claims.clear();
  showLine({ key: "error_favourites_full", values: { limit: MOST } });
}

$(".save").addEventListener("click", save);
$(".lifeboat").addEventListener("click", save);
$(".load").addEventListener("change", (event) => {
  load(event.target.files[0]);
  event.target.value = "";
});
$(".take-all").addEventListener("click", () => add(wall.map((one) => ({ ...checked(one), added: Date.now() }))));

// --- the wall of the studio --------------------------------------------------------------------------------------------

const sharing = $(".sharing");
sharing.checked = storage.read("sharing") !== false;
sharing.addEventListener("change", () => {
  storage.write("sharing", sharing.checked);
  share();
});

const toShare = () =>
  sharing.checked
    ? localFavourites.all().map(({ thumb, former, ...one }) => ({ ...one, added: one.added / 1000 }))
    : [];
let shared = null; // what the studio was told last
let later = null; // the timer of what is to be told

// The claims on these favourites, each of which goes out once, by their keys.
function takeClaims(favourites) {
  const taken = new Map(favourites.map(keyOf).flatMap((key) => (claims.has(key) ? [[key, claims.get(key)]] : [])));
  for (const key of taken.keys()) claims.delete(key);
  return taken;
}

// Tell the studio which favourites are this browser's; it answers with everybody's.
async function share() {
  clearTimeout(later);
  const favourites = toShare();
  const taken = takeClaims(favourites);
  const answer = await callServer(server.share, {
    secret: visitorSecret(),
    address: location.origin,
    favourites: favourites.map((one) => (taken.has(keyOf(one)) ? { ...one, former: taken.get(keyOf(one)) } : one)),
  });
  if (answer.error) {
    for (const [key, former] of taken) if (!claims.has(key)) claims.set(key, former);
    return;
  }
  owner = answer.owner;
  shared = JSON.stringify(favourites);
  wall = answer.wall;
  if (!answer.kept) showLine({ key: "error_wall" });
  showCards();
}

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
    const answer = await fetch(new URL("race/alive", document.baseURI), {
      cache: "no-store",
      signal: AbortSignal.timeout(PATIENCE_SECONDS * 1000),
    });
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
  $(".lost-favourites").hidden = $(".lifeboat").hidden = localFavourites.all().length === 0;
  document.dispatchEvent(new CustomEvent("race:alive", { detail: alive }));
}

document.addEventListener("race:failed", beat);
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && beat());

// --- opening -----------------------------------------------------------------------------------------------------------

function openPanel() {
  showLine(null);
  dialog.showModal();
  showCards();
  share();
}
setUpDialog(dialog, openPanel);
document.addEventListener("race:open-favourites", openPanel);
onLanguage(element, () => {
  showLine(line);
  showCards();
});
beat();
if (localFavourites.all().length > 0) share();
