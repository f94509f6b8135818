// The exact tiles of favourites in one zip, with a manifest.json. They are drawn one after the other, as an export is, and
// put together here: the program never holds more than one of them for anybody.

import { callServer } from "../shared/api.js";
import { localDay } from "../shared/dates.js";
import { announce, make, saveBlob, toBlob } from "../shared/dom.js";
import { keyOf } from "../shared/favourite.js";
import * as localFavourites from "../shared/local_favourites.js";
import * as seenSeeds from "../shared/seen_seeds.js";
import { errorText, textOf, tileWords } from "../shared/texts.js";
import { $, dialog, server } from "./context.js";
import { showCards } from "./panel.js";
import { zipOf } from "./zip.js";

const MOST_ZIPPED = 12; // a tile is about 4 MB and a second or more of drawing
const BUSY_MILLISECONDS = 3000;
const BUSY_TRIES = 20;
const LEAVES_OUT = new Set(["error_unknown_checkpoint", "error_checkpoint", "error_not_finite", "error_diverged"]); // of one tile; the others go on
const zipPart = $(".tiles-zip");
const chosen = new Set(); // keys of favourites
let zipping = null; // {done, count, waits} while a zip is made
let sayZip = () => ""; // what the line under the buttons says, in the language of the page

const newest = () => localFavourites.all().reverse();
const chosenTiles = () => newest().filter((one) => chosen.has(keyOf(one)));
const choose = (tiles) => {
  chosen.clear();
  for (const one of tiles) chosen.add(keyOf(one));
  showCards();
};

export function chooser(one) {
  const box = make("input", { type: "checkbox", className: "choose", checked: chosen.has(keyOf(one)) });
  box.dataset.tile = keyOf(one);
  box.setAttribute("aria-label", textOf("zip_choose_of", { words: tileWords(one) }));
  box.addEventListener("change", () => {
    if (box.checked) chosen.add(keyOf(one));
    else chosen.delete(keyOf(one));
    showZip();
  });
  return make("label", { className: "check" }, box, make("span", { textContent: textOf("zip_choose") }));
}

export function showZip() {
  const [count, picked] = [localFavourites.all().length, chosenTiles().length];
  const full = picked >= MOST_ZIPPED;
  zipPart.hidden = count === 0;
  for (const box of dialog.querySelectorAll(".choose")) box.disabled = zipping !== null || (full && !box.checked);
  $(".zip-hint").textContent = textOf("zip_hint", { most: MOST_ZIPPED });
  $(".zip-all").textContent = textOf(count > MOST_ZIPPED ? "zip_newest" : "zip_all", { most: MOST_ZIPPED });
  $(".zip-chosen").textContent = textOf("zip_chosen", { chosen: picked, count, most: MOST_ZIPPED });
  $(".make-zip").disabled = zipping !== null || picked === 0;
  $(".zip-all").disabled = $(".zip-none").disabled = zipping !== null;
  $(".stop-zip").hidden = $(".zip-progress").hidden = zipping === null;
  $(".zip-status").textContent =
    zipping === null
      ? sayZip()
      : textOf(zipping.waits ? "zip_waits" : "zip_progress", { number: zipping.done + 1, count: zipping.count });
  $(".zip-progress").max = zipping?.count ?? 1;
  $(".zip-progress").value = zipping?.done ?? 0;
}

function endZip(say) {
  zipping = null;
  sayZip = say;
  showZip();
  announce(say());
}

// The answer for one tile; where others' tiles are drawn for long, it asks again.
async function askExact({ sha256, seed, psi }, own) {
  for (let tries = 1; ; tries++) {
    const answer = await callServer(server.exact_tile, {
      sha256,
      seed,
      psi,
      looked_at: seenSeeds.count(sha256) || null,
    });
    if (own !== zipping || answer.error?.code !== "error_busy" || tries === BUSY_TRIES) return answer;
    own.waits = true;
    showZip();
    await new Promise((resolve) => setTimeout(resolve, BUSY_MILLISECONDS));
  }
}

async function makeZip() {
  const tiles = chosenTiles().slice(0, MOST_ZIPPED);
  const own = (zipping = { done: 0, count: tiles.length, waits: false });
  const [files, made, leftOut] = [[], [], []];
  showZip();
  for (const one of tiles) {
    const answer = await askExact(one, own);
    if (own !== zipping) return;
    if (answer.error && !LEAVES_OUT.has(answer.error.code)) return endZip(() => errorText(answer.error));
    if (answer.error) leftOut.push({ ...one, error: answer.error });
    else {
      files.push({ name: answer.file, bytes: new Uint8Array(await toBlob(answer.png, "image/png").arrayBuffer()) });
      made.push({ ...one, file: answer.file, file_sha256: answer.sha256 });
    }
    own.done += 1;
    own.waits = false;
    if (own === zipping) showZip();
  }
  if (own === zipping) saveZip(files, made, leftOut);
}

function saveZip(files, made, leftOut) {
  const left = () => (leftOut.length ? textOf("zip_left_out", { tiles: leftOut.map(leftWords).join("; ") }) : "");
  if (files.length === 0) return endZip(() => textOf("zip_empty") + left());
  const list = {
    name: "manifest.json",
    bytes: new TextEncoder().encode(JSON.stringify(toManifest(made, leftOut), null, 1)),
  };
  const blob = zipOf([...files, list]);
  const file = `gan_race_tiles_${localDay()}.zip`;
  saveBlob(blob, file);
  const values = { file, count: files.length, megabytes: (blob.size / 1e6).toFixed(1) };
  endZip(() => textOf("zip_saved", values) + left());
}

function leftWords(one) {
  const absent = one.error.code === "error_unknown_checkpoint";
  const reason = absent ? textOf("zip_absent", { hash: one.sha256.slice(0, 8) }) : errorText(one.error);
  return textOf("zip_left_one", { words: tileWords(one), reason });
}

// What the zip says of its tiles; a note is the one that stands when the zip is saved.
function toManifest(made, leftOut) {
  const facts = (one) => ({
    checkpoint_sha256: one.sha256,
    checkpoint: one.name,
    seed: one.seed,
    psi: one.psi,
    note: localFavourites.find(one)?.note ?? one.note,
  });
  return {
    kind: "gan-race-tiles",
    version: 1,
    tiles: made.map((one) => ({ file: one.file, sha256: one.file_sha256, ...facts(one) })),
    left_out: leftOut.map((one) => ({ ...facts(one), reason: one.error.code.replace("error_", "") })),
  };
}

zipPart.addEventListener("toggle", () => {
  if (zipPart.open && chosenTiles().length === 0) choose(newest().slice(0, MOST_ZIPPED));
  else showCards();
});
$(".zip-all").addEventListener("click", () => choose(newest().slice(0, MOST_ZIPPED)));
$(".zip-none").addEventListener("click", () => choose([]));
$(".make-zip").addEventListener("click", makeZip);
$(".stop-zip").addEventListener("click", () => endZip(() => textOf("zip_stopped")));
