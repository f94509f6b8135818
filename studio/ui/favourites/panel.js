// The favourites: those of this browser, their file, those that the studio shares, and whether the program is there.

import { callServer } from "../shared/api.js";
import { localDay } from "../shared/dates.js";
import { focusedElement, jpegUrl, make, saveBlob, setUpDialog } from "../shared/dom.js";
import {
  MAX_FILE_BYTES,
  MOST,
  NOTE_LENGTH,
  checked,
  fromFileContent,
  keyOf,
  toFileContent,
} from "../shared/favourite.js";
import * as localFavourites from "../shared/local_favourites.js";
import { findersIn } from "../shared/mount.js";
import * as storage from "../shared/storage.js";
import { openSeed } from "../shared/tabs.js";
import { onLanguage, textOf, tileWords } from "../shared/texts.js";
import { visitor } from "../shared/visitor.js";
import { visitorSecret } from "../shared/visitor_secret.js";
import { $, cardsChanged, dialog, element, props, server } from "./context.js";
import { chooser, showZip } from "./download_zip.js";

/** @import { SharedFavourite } from "../protocol.d.ts" */
/** @import { Favourite, Message, TileRequest } from "../shared/types.d.ts" */
/** @typedef {SharedFavourite & { thumb?: null }} Shared */

const status = $(".status");
$(".state-ends").hidden = props.state_lasts;

/** @type {Shared[]} as the program told them last */
let sharedFavourites = [];
/** @type {Message | null} what the status line says */
let line = null;

/** @param {Message | null} next */
function showLine(next) {
  line = next;
  status.hidden = next === null;
  status.textContent = next === null ? "" : textOf(next.key, next.values);
}

// --- cards -----------------------------------------------------------------------------------------------------------

/** @param {TileRequest} one */
function open(one) {
  dialog.close();
  openSeed(one);
}

/** @param {Favourite | (Shared & { thumb: string | null })} one */
function picture(one) {
  const words = tileWords(one);
  const image = make("img", { alt: "", width: 112, height: 112, loading: "lazy" });
  if (one.thumb) image.src = one.thumb;
  const button = make("button", { type: "button", className: "thumb" }, image, make("span", { textContent: words }));
  button.dataset.tile = keyOf(one);
  button.addEventListener("click", () => open(one));
  return button;
}

/** @param {Favourite} one */
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

/** @param {Shared} one */
function othersCard(one) {
  const stars = make("span", { className: "stars", textContent: textOf("stars", one) });
  const star = make("button", { type: "button", className: "star", textContent: textOf("star") });
  star.setAttribute("aria-pressed", String(localFavourites.has(one)));
  star.dataset.tile = keyOf(one);
  star.addEventListener("click", () => localFavourites.toggle(one));
  const words = one.note ? [make("p", { className: "said", textContent: one.note })] : [];
  return make("li", {}, picture(withThumb(one)), ...words, make("div", { className: "row" }, stars, star));
}

/** @type {Map<string, string>} thumbnails of tiles that are no favourites of this browser */
const drawn = new Map();
/**
 * @template {TileRequest & { thumb?: string | null }} T
 * @param {T} one
 */
const withThumb = (one) => ({
  ...one,
  thumb: one.thumb ?? drawn.get(keyOf(one)) ?? localFavourites.find(one)?.thumb ?? null,
});

function showCards() {
  if (!dialog.open) return;
  const mine = localFavourites.all().reverse();
  const { className = "", dataset = {} } = focusedElement() ?? {};
  if (className !== "note") $(".mine").replaceChildren(...mine.map((one) => ownCard(withThumb(one))));
  $(".none").hidden = mine.length > 0;
  $(".save").disabled = mine.length === 0;
  $(".others").replaceChildren(...sharedFavourites.map(othersCard));
  $(".take-all").hidden = sharedFavourites.every(localFavourites.has);
  const place = findersIn(dialog)(`.cards .${className || "thumb"}`).find((one) => one.dataset.tile === dataset.tile);
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
    [...localFavourites.all().reverse(), ...sharedFavourites].find(
      (one) => !withThumb(one).thumb && !failed.has(keyOf(one)),
    );
  for (let one = missing(); dialog.open && one; one = missing()) {
    const answer = await callServer(server.thumbnail, { sha256: one.sha256, seed: one.seed, psi: one.psi, visitor });
    if (!answer.jpeg) failed.add(keyOf(one));
    else putThumbnail(one, jpegUrl(answer.jpeg), answer.name);
  }
  drawing = false;
}

/**
 * @param {TileRequest} one
 * @param {string} thumb
 * @param {string} name
 */
function putThumbnail(one, thumb, name) {
  drawn.set(keyOf(one), thumb);
  for (const button of findersIn(dialog)(".thumb")) {
    if (button.dataset.tile === keyOf(one)) button.querySelector("img").src = thumb;
  }
  const own = localFavourites.find(one);
  if (own) localFavourites.change(one, { thumb, name: own.name || name }, { quietly: true });
}

// --- the file --------------------------------------------------------------------------------------------------------

function save() {
  const content = toFileContent(localFavourites.all());
  saveBlob(new Blob([content], { type: "application/json" }), `gan_race_favourites_${localDay()}.json`);
}

/** @param {File | undefined} file */
async function load(file) {
  if (!file) return;
  if (file.size > MAX_FILE_BYTES) {
    return showLine({ key: "error_favourites_size", values: { limit: MAX_FILE_BYTES / 1000 } });
  }
  const { favourites, problem } = fromFileContent(await file.text());
  if (favourites) add(favourites);
  else showLine(problem);
}

/**
 * Take favourites to one's own; what is there already keeps its note and its thumbnail.
 * @param {Favourite[]} favourites
 */
function add(favourites) {
  const fresh = favourites.filter((one) => !localFavourites.has(one));
  if (localFavourites.replace([...localFavourites.all(), ...fresh])) {
    showLine({
      key: "favourites_loaded",
      values: { count: new Set(fresh.map(keyOf)).size, known: favourites.length - fresh.length },
    });
  } else showLine({ key: "error_favourites_full", values: { limit: MOST } });
}

$(".save").addEventListener("click", save);
$(".lifeboat").addEventListener("click", save);
$(".load").addEventListener("change", () => {
  load($(".load").files[0]);
  $(".load").value = "";
});
$(".take-all").addEventListener("click", takeAll);

/** Take the favourites of everybody to one's own. */
function takeAll() {
  const all = sharedFavourites.map(checked).filter((one) => one !== null);
  add(all.map((one) => ({ ...one, added: Date.now() })));
}

// --- the favourites that the studio shares --------------------------------------------------------------------------------------------

const sharing = $(".sharing");
sharing.checked = storage.read("sharing") !== false;
sharing.addEventListener("change", () => {
  storage.write("sharing", sharing.checked);
  share();
});

const toShare = () =>
  sharing.checked ? localFavourites.all().map(({ thumb, ...one }) => ({ ...one, added: one.added / 1000 })) : [];
/** @type {string | null} what the studio was told last */
let told = null;
const RETRY_SECONDS = 30; // where the studio could not write them
let later = 0; // the timer of what is to be told

// Tell the studio which favourites are this browser's; it answers with everybody's.
async function share() {
  clearTimeout(later);
  const favourites = toShare();
  const answer = await callServer(server.share, { secret: visitorSecret(), favourites });
  if (answer.error) return;
  told = answer.kept ? JSON.stringify(favourites) : null;
  sharedFavourites = answer.shared;
  if (!answer.kept) {
    showLine({ key: "error_favourites_file" });
    later = window.setTimeout(share, RETRY_SECONDS * 1000);
  } else if (line?.key === "error_favourites_file") showLine(null);
  showCards();
}

document.addEventListener("race:favourites", () => {
  showCards();
  clearTimeout(later);
  if (told !== JSON.stringify(toShare())) later = window.setTimeout(share, 400);
});

// --- is the program still there? -------------------------------------------------------------------------------------

const BEAT_SECONDS = 10;
const PATIENCE_SECONDS = 4;
let alive = true;
let timer = 0;

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
  timer = window.setTimeout(beat, (alive ? BEAT_SECONDS : PATIENCE_SECONDS) * 1000);
}

/** @param {boolean} next */
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
cardsChanged.listen(showCards);
setUpDialog(dialog, openPanel);
document.addEventListener("race:open-favourites", openPanel);
onLanguage(element, () => {
  showLine(line);
  showCards();
});
beat();
if (localFavourites.all().length > 0) share();
