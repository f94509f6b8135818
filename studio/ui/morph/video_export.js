// Films: begun, watched, stopped, shown.

import { callServer } from "../shared/api.js";
import { findCheckpoint } from "../shared/checkpoints.js";
import { saveBlob, toBlob } from "../shared/dom.js";
import { textOf } from "../shared/texts.js";
import { $, element, props, server, still, view } from "./context.js";
import { drawable, request } from "./request.js";
import { changesText, psiText } from "./words.js";

/** @import { FilmMade, FilmProgress } from "../protocol.d.ts" */
/** @import { Values } from "../shared/types.d.ts" */
/** @import { FilmSubject } from "./types.d.ts" */
/** @typedef {[key: string, values?: Values]} Words */
/** @typedef {{ blob: Blob, url: string, name: string, of: FilmSubject }} Film of its file, with what it shows */

const LOOK_MS = 400;
const LONGEST_LOOK_MS = 4000; // between two tries while the program does not answer
const PASSING = ["error_connection", "error_busy"]; // which say nothing about the film
/** @type {string | FilmSubject | null} the film that is being made: its name, or what was asked for until it has one */
let film = null;
/** @type {Film | null} the last one */
let made = null;
/** @type {Words | null} what the status line says */
let filmWords = null;

/**
 * @template {string | number} T
 * @param {HTMLSelectElement} select
 * @param {T[]} values
 * @param {T} chosen
 * @param {(value: T) => string} words
 */
export function fillOptions(select, values, chosen, words) {
  select.replaceChildren(
    ...values.map((value) => Object.assign(new Option(words(value), String(value)), { selected: value === chosen })),
  );
}
export const secondsOf = () => Math.min(Math.max(Math.round(Number($(".film-seconds").value)) || 3, 1), 20);

export function showFilm(words = filmWords) {
  filmWords = words;
  $(".film-status").textContent = words === null ? "" : textOf(words[0], words[1]);
  $(".make").disabled = film !== null;
  $(".stop-film").hidden = $(".film-progress").hidden = film === null;
  $(".film-result").hidden = made === null;
  $(".film-shows").textContent = made === null ? "" : walkText(made.of);
}

/**
 * Which walk of which checkpoint a film shows, whatever is chosen now.
 * @param {FilmSubject} subject
 */
function walkText({ checkpoint, asked }) {
  if (asked.where.kind !== "walk") return "";
  const { seeds: stops, closed, way } = asked.where;
  const walk = (closed ? [...stops, stops[0]] : stops).join(" → ");
  return textOf("film_shows", { checkpoint, walk, way, changes: changesText(asked), psi: psiText(asked.psi) });
}

function filmRequest() {
  const [kind, pictures, side, rate] = [".film-kind", ".film-pictures", ".film-side", ".film-rate"].map(
    (one) => $(one).value,
  );
  const [first, seconds] = [".film-first", ".film-seconds"].map((one) => Number($(one).value));
  return { ...request(), kind, pictures: Number(pictures), side: Number(side), rate: Number(rate), first, seconds };
}

// Of the numbers that are typed, the first that is none of those allowed: it is said, and the keyboard goes to it.
const isAllowed = (/** @type {HTMLInputElement} */ input) =>
  /^\d+$/.test(input.value) && Number(input.value) >= Number(input.min) && Number(input.value) <= Number(input.max);
function refuseNumber() {
  const typed = $(".film-pictures").value === "1" ? ["first", "seconds"] : ["seconds"];
  const field = typed.find((one) => !isAllowed($(`.film-${one}`)));
  if (field === undefined) return false;
  const { value, min, max } = $(`.film-${field}`);
  showFilm([`error_film_${field}${value === "" ? "_none" : ""}`, { value, least: min, most: max }]);
  $(`.film-${field}`).focus();
  return true;
}

async function makeFilm() {
  if (film !== null || !drawable() || refuseNumber()) return;
  const asked = filmRequest();
  const of = { asked, checkpoint: findCheckpoint(view.list, asked.sha256)?.name ?? asked.sha256.slice(0, 8) };
  film = of;
  showFilm(["film_waiting"]);
  const answer = await callServer(server.start_film, asked);
  if (film !== of) return giveUp(answer.film);
  if (answer.error) {
    film = null;
    return showFilm([answer.error.code, answer.error.values]);
  }
  film = answer.film;
  await watchFilm(answer.film, of);
}

/**
 * @param {string} name
 * @param {FilmSubject} of
 */
async function watchFilm(name, of) {
  let pause = LOOK_MS;
  while (film === name && element.isConnected) {
    const answer = await callServer(server.look_at_film, { film: name });
    if (film !== name) return;
    const isLost = PASSING.includes(answer.error?.code);
    if (!isLost && !("done" in answer)) return endFilm(answer, name, of);
    pause = isLost ? Math.min(2 * pause, LONGEST_LOOK_MS) : LOOK_MS;
    if (isLost) showFilm([answer.error.code, answer.error.values]);
    else showProgress(answer);
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}

/** @param {FilmProgress} answer */
function showProgress(answer) {
  $(".film-progress").value = answer.done / answer.total;
  showFilm(answer.done === 0 ? ["film_waiting"] : ["film_progress", answer]);
}

/**
 * The program keeps what became of a film until it is told that the answer has come.
 * @param {any} answer
 * @param {string} name
 * @param {FilmSubject} of
 */
function endFilm(answer, name, of) {
  film = null;
  if (answer.film) takeFilm(answer, of);
  else showFilm(answer.stopped ? ["film_gone"] : [answer.error.code, answer.error.values]);
  giveUp(name);
}

/** @param {string | FilmSubject | null} name */
const giveUp = (name) => typeof name === "string" && callServer(server.stop_film, { film: name });

/**
 * @param {FilmMade} answer
 * @param {FilmSubject} of
 */
function takeFilm(answer, of) {
  if (made) URL.revokeObjectURL(made.url);
  const blob = toBlob(answer.film, answer.media_type);
  made = { blob, url: URL.createObjectURL(blob), name: `morph_${of.asked.sha256.slice(0, 8)}.${of.asked.kind}`, of };
  const [video, picture] = [$(".film-video"), $(".film-picture")];
  const moving = answer.media_type.startsWith("video/");
  video.hidden = !moving;
  picture.hidden = moving;
  picture.alt = textOf("film_alt");
  if (moving) {
    picture.removeAttribute("src");
    video.src = made.url;
    if (!still.matches) video.play().catch(() => undefined);
  } else {
    video.removeAttribute("src");
    picture.src = made.url;
  }
  showFilm(["film_done", { megabytes: (blob.size / 1e6).toFixed(1) }]);
}

function stopFilm() {
  giveUp(film);
  film = null;
  showFilm(["film_stopped"]);
}

$(".make").addEventListener("click", makeFilm);
$(".stop-film").addEventListener("click", stopFilm);
$(".save-film").addEventListener("click", () => made !== null && saveBlob(made.blob, made.name));
$(".film-pictures").addEventListener(
  "change",
  () => ($(".film-first-field").hidden = $(".film-pictures").value !== "1"),
);

export function showFilmOptions() {
  const chosen = (/** @type {string} */ name, /** @type {string | number} */ otherwise) => $(name).value || otherwise;
  fillOptions($(".film-kind"), props.kinds, chosen(".film-kind", props.kinds[0]), (kind) =>
    textOf(`morph_kind_${kind}`),
  );
  fillOptions($(".film-pictures"), [1, 4, 9, 16, 100], Number(chosen(".film-pictures", 16)), (count) =>
    textOf(count === 100 ? "morph_pictures_tile" : "morph_pictures", { count }),
  );
  fillOptions($(".film-side"), [320, 480, 640, 960], Number(chosen(".film-side", 640)), (side) => `${side} × ${side}`);
  fillOptions($(".film-rate"), [12, 24, 30], Number(chosen(".film-rate", 24)), (rate) =>
    textOf("morph_rate", { rate }),
  );
  $(".no-mp4").hidden = props.kinds.includes("mp4");
}
