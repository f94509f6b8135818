// The tile of a seed: what is drawn next, what is said of it, and how one goes on from it.

import { callServer, retryWhenAnswering } from "../shared/api.js";
import { clickedCell } from "../shared/cells.js";
import { factNodes, trainingFactNodes } from "../shared/checkpoint_facts.js";
import { fillCheckpoints, removedCheckpoints, setList } from "../shared/checkpoint_list.js";
import "../shared/debug.js";
import { announce, jpegUrl, toThumbnail } from "../shared/dom.js";
import { isSame } from "../shared/favourite.js";
import { onGestures } from "../shared/gestures.js";
import { HistoryStrip } from "../shared/history_strip.js";
import { refreshList } from "../shared/listing.js";
import * as localFavourites from "../shared/local_favourites.js";
import { noteMissing } from "../shared/missing_checkpoint.js";
import "../shared/neighbours.js";
import { page, setSeed, setShown } from "../shared/page_state.js";
import { SEEDS, parseSeed } from "../shared/parsers.js";
import * as prefetch from "../shared/prefetch.js";
import * as shortcuts from "../shared/shortcuts.js";
import { openCompare, openHandIn, showsTile } from "../shared/tabs.js";
import { alarmTexts, nameText, onLanguage, previewText, textOf, weightsText } from "../shared/texts.js";
import * as urlState from "../shared/url_state.js";
import { visitor } from "../shared/visitor.js";
import {
  $,
  RELIEVED,
  caption,
  checkpointOf,
  element,
  field,
  props,
  psiInput,
  select,
  server,
  showProblem,
  state,
  tile,
  requestTile,
} from "./context.js";
import "./copy_seed.js";
import {
  endProgress,
  hideTile,
  keepTile,
  revealTile,
  showBetween,
  showProgressWords,
  withProgress,
} from "./drawing.js";
import "./first_visit.js";
import { lens, openCell } from "./lightbox.js";
import "./open_tile_file.js";
import "./weak_cells.js";
import "./weights_switch.js";

/** @import { Fact } from "../shared/checkpoint_facts.js" */
/** @import { Checkpoint, ProgramError, ShownTile, TileKey } from "../shared/types.d.ts" */

/** @type {ProgramError | null} of a tile that could not be asked for; it is, once the program answers again */
let lost = null;
let busy = false;
/** @type {string | null} the checkpoint of the link, where nothing of it can be shown */
let unseen = null;

function showList() {
  fillCheckpoints(select, state.list, page.seed.sha256 ?? unseen ?? state.list.default);
  $(".problems").hidden = state.list.problems.length === 0;
  $(".problems ul").replaceChildren(
    ...state.list.problems.map((one) =>
      Object.assign(document.createElement("li"), {
        textContent: `${nameText(one.name)}: ${textOf(one.reason.code, one.reason.values)}`,
      }),
    ),
  );
}

/**
 * What decides is said; how the tile was drawn stands behind the "i". Weights as last trained and a truncation are
 * named, for they make it another tile.
 * @param {ShownTile} shown
 */
function captionOf(shown) {
  const said = [textOf("caption", shown), shown.weights === "raw" && weightsText(shown), previewText(shown)];
  if (shown.psi !== 1) said.push(textOf("caption_psi", shown));
  return said.filter(Boolean).join(" · ");
}

/**
 * @param {ShownTile} shown
 * @returns {Fact[]}
 */
const captionFacts = (shown) => [
  ["caption_hash", shown.sha256.slice(0, 8)],
  ["caption_weights", weightsText(shown)],
  ["caption_time", textOf("caption_seconds", { seconds: shown.seconds.toFixed(2) })],
  ["caption_device", shown.device],
  ["caption_precision", shown.precision],
  ["caption_latents", shown.z_hash],
];

function showWords() {
  const shown = page.shown;
  caption.textContent = shown ? captionOf(shown) : "";
  $(".caption-more").hidden = shown === null;
  $(".caption-facts").replaceChildren(...(shown ? factNodes(captionFacts(shown)) : []));
  tile.alt = shown ? textOf("tile_alt", shown) : textOf("no_tile_alt");
  showFacts(shown ? checkpointOf(shown.sha256) : undefined);
}

/** @param {Checkpoint | undefined} checkpoint */
function showFacts(checkpoint) {
  const alarms = alarmTexts(checkpoint);
  $(".alarms").hidden = alarms.length === 0;
  $(".alarms").replaceChildren(
    ...alarms.map((one) => Object.assign(document.createElement("li"), { textContent: one })),
  );
  const rows = trainingFactNodes(checkpoint);
  $(".passport").hidden = rows.length === 0;
  $(".training-facts").replaceChildren(...rows);
}

/**
 * The picture and everything said about it change in one step, once the picture is decoded.
 * @param {any} answer of the program for a tile
 * @param {() => boolean} obsolete
 */
async function show(answer, obsolete = () => false) {
  const url = jpegUrl(answer.jpeg);
  const decoded = new Image();
  decoded.src = url;
  await decoded.decode();
  if (obsolete()) return;
  tile.src = url;
  const { jpeg: _, ...facts } = answer;
  setShown({ ...facts, picture: url, thumb: null });
  showWords();
  $(".tile-button").disabled = false;
  if (document.activeElement !== field) field.value = answer.seed;
  showPsi(answer.psi);
  if (select.value !== answer.sha256) fillCheckpoints(select, state.list, answer.sha256);
  select.value = answer.sha256;
  announce(textOf("shown", answer));
  const { shown } = page;
  afterPaint(() => shown !== null && noteVisited(shown, decoded));
}

/**
 * What can wait until the picture is on the screen: the link, and its thumbnail for the strip and for a favourite. The
 * frame after the next one begins when that is there.
 * @param {() => unknown} run
 */
const afterPaint = (run) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(run)));
/**
 * @param {ShownTile} shown
 * @param {HTMLImageElement} picture
 */
function noteVisited(shown, picture) {
  if (shown === page.shown && showsTile()) urlState.nameTile(shown);
  shown.thumb ??= toThumbnail(picture);
  visited.visit(shown);
}

// Half the picture's side comes first, with a quarter of the bytes and of the work to show it, and in a lower precision
// where that is drawn sooner; on a slow network the whole picture, which is the exact one, follows only once nobody has
// requested another one for a moment.
const SLOW_MILLISECONDS = 700;
const IDLE_MILLISECONDS = 400;
let slow =
  navigator.connection?.saveData === true ||
  ["slow-2g", "2g", "3g"].includes(navigator.connection?.effectiveType ?? "");

/** @param {TileKey} tile */
async function ask({ sha256, seed, psi }, preview = true) {
  const start = performance.now();
  const answer = await callServer(server.show, { sha256, seed, psi, visitor, preview });
  const onTheWay = performance.now() - start - (answer.served_seconds ?? 0) * 1000;
  if (answer.jpeg) slow = onTheWay > (answer.preview ? SLOW_MILLISECONDS / 4 : SLOW_MILLISECONDS);
  return answer;
}

/** What all tabs look at, once Explore has read the link: the same object as long as nobody looks elsewhere. */
const tileKey = () => /** @type {TileKey} */ (page.seed);
const isLooked = () => showsTile() || removedCheckpoints.has(page.shown?.sha256 ?? "");
const wanted = () => page.seed.sha256 !== null && isLooked() && !isSame(page.shown, page.seed);

// Draw until what is shown is what was requested last; requests in between are skipped.
async function pump() {
  if (busy) return;
  busy = true;
  prefetch.stop();
  while (wanted()) {
    const asked = tileKey();
    const answer = prefetch.take(asked) ?? (await withProgress(asked, ask(asked), !slow));
    if (answer.superseded) continue;
    if (answer.error) {
      if (asked !== page.seed) continue;
      refuseRequest(answer.error);
      break;
    }
    prefetch.keep(asked, { ...answer, relieved: false });
    await show(answer);
    showProblem(answer.relieved ? RELIEVED : null);
    if (wanted()) showForAMoment();
  }
  busy = false;
  nameWhatIsThere();
  if (page.shown?.preview) refineSoon();
  else if (lost === null) lookAhead();
}

function nameWhatIsThere() {
  if (page.seed.sha256 === null || isSame(page.shown, page.seed)) revealTile();
  else if (lost !== null && page.shown !== null) keepShown(page.shown);
  else leaveForLater();
}

// What another tab looks at is drawn once this one is open, and what was lost once the program answers.
function leaveForLater() {
  hideTile(showRequested, 0);
  endProgress();
}

/** @param {ShownTile} shown */
function keepShown({ sha256, seed, psi }) {
  field.value = seed;
  select.value = sha256;
  showPsi(psi);
  keepTile();
}

// A tile on the way to another one is shown under its own number, but not where that is being typed, or under a finger.
function showForAMoment() {
  const { shown } = page;
  if (shown !== null && parseSeed(field.value) === page.seed.seed) field.value = shown.seed;
  if (shown !== null && isNamed(shown)) showBetween(showRequested);
  else hideTile(showRequested, 0);
}

/** @param {ProgramError} error */
function refuseRequest(error) {
  showProblem(error);
  if (error.code === "error_checkpoint") refreshList();
  if (page.tab === "explore" && isLost(error)) keepRequest(error);
  else goBackToShown();
}

/**
 * A lost connection says nothing about the request; until it can be drawn, the link names the tile that is on the screen.
 * @param {ProgramError | undefined} error
 */
const isLost = (error) => error?.code === "error_connection";
/** @param {ProgramError} error */
function keepRequest(error) {
  lost = error;
  if (page.shown !== null) urlState.nameTile(page.shown);
}

const refineSoon = () => (slow ? setTimeout(refine, IDLE_MILLISECONDS) : afterPaint(refine));

function lookAhead() {
  if (slow || page.shown === null || page.tab !== "explore") return;
  prefetch.begin(tileKey(), (next) => callServer(server.show, { ...next, visitor, ahead: true }));
}

// Put the whole picture in the place of its preview, once nobody waits for another.
async function refine() {
  const asked = tileKey();
  if (busy || !page.shown?.preview || !isSame(page.shown, asked)) return;
  const answer = await ask(asked, false);
  if (isLost(answer.error)) lost = answer.error;
  if (!answer.jpeg) return;
  prefetch.keep(asked, answer);
  await show(answer, () => !isSame(page.shown, answer));
  if (!busy) lookAhead();
}

// After an error the request is what is shown again, so that the next step counts from there.
function goBackToShown() {
  const { sha256 = null, seed = 0, psi = 1 } = page.shown ?? {};
  setSeed({ sha256, seed, psi });
  if (sha256 !== null) urlState.nameTile(tileKey());
  showList();
}

document.addEventListener("race:seed", () => {
  if (page.seed.sha256 === null) return;
  followSeed();
  pump();
});

// The tile goes as soon as the page names another one. Where only a key or a button has named it, both may wait for the
// moment in which the new tile may come.
function followSeed() {
  const { shown } = page;
  if (isSame(shown, page.seed)) {
    showRequested();
    revealTile();
  } else if (shown !== null && isNamed(shown)) hideTile(showRequested);
  else hideTile(showRequested, 0);
}

/** @param {TileKey} tile */
const isNamed = ({ sha256, seed, psi }) =>
  parseSeed(field.value) === seed && select.value === sha256 && Number(psiInput.value) === psi;

function showRequested() {
  field.value = page.seed.seed;
  showPsi(page.seed.psi);
  showList();
}
document.addEventListener("race:tab", () => {
  if (showsTile() && page.shown !== null && urlState.get("ck") === null) urlState.nameTile(page.shown);
  pump();
});

/** @param {number} value */
function showPsi(value) {
  if (document.activeElement !== psiInput) psiInput.value = value;
  $(".psi-value").textContent = value;
  if (value !== 1) $(".more").open = true;
}
psiInput.addEventListener("input", () => requestTile({ psi: Number(psiInput.value) }));

/** @param {number} by */
const step = (by) => requestTile({ seed: (page.seed.seed + by + SEEDS) % SEEDS });
const randomSeed = () => requestTile({ seed: crypto.getRandomValues(new Uint32Array(1))[0] });

function star() {
  if (page.shown === null) return;
  page.shown.thumb ??= toThumbnail(tile);
  const starred = localFavourites.toggle(page.shown);
  announce(textOf(starred ? "starred" : "unstarred", page.shown));
}

$(".previous").addEventListener("click", () => step(-1));
$(".next").addEventListener("click", () => step(1));
$(".random").addEventListener("click", randomSeed);
select.addEventListener("change", () => {
  requestTile({ sha256: select.value });
  showList();
});
select.addEventListener("focus", refreshList);

$(".seed-form").addEventListener("submit", (/** @type {Event} */ event) => {
  event.preventDefault();
  const seed = parseSeed(field.value);
  showProblem(seed === null ? { code: "error_seed", values: { value: field.value } } : null);
  if (seed !== null) requestTile({ seed });
});

$(".caption-more").addEventListener(
  "toggle",
  () => $(".caption-more").open && $(".caption-more").scrollIntoView({ block: "nearest" }),
);

$(".star").addEventListener("click", star);
$(".hand-in").addEventListener("click", openHandIn);
function showStar() {
  const starred = page.shown !== null && localFavourites.has(page.shown);
  $(".star").setAttribute("aria-pressed", String(starred));
  $(".star").disabled = $(".hand-in").disabled = page.shown === null;
}
for (const name of ["race:favourites", "ganrace:shown"]) document.addEventListener(name, showStar);

const visited = new HistoryStrip($(".visited"));

shortcuts.register("explore", {
  next: () => step(1),
  previous: () => step(-1),
  random: randomSeed,
  star,
  key_back: () => visited.back(),
  key_seed_field: () => field.select(),
});

onGestures($(".tile-button"), { swipe: step, tap: (event) => openCell(clickedCell(tile, event)), doubleTap: star });

// --- opening ---------------------------------------------------------------------------------------------------------------

// What the link says, checked: {request, cell}, or {error}; without a link, the tile that came with the page.
function fromLink() {
  const error = urlState.wrong();
  const { seed, psi } = page.seed; // the link's, or chosen on another tab while the link was wrong
  return error
    ? { error }
    : { request: { ...urlState.linkedTile(state.list), seed, psi }, cell: urlState.cellOn("explore") };
}

/**
 * The tile that came with the page needs no asking.
 * @param {TileKey} linked
 */
async function firstAnswer(linked) {
  if (props.first && isSame(props.first, linked)) return props.first;
  hideTile(() => {}, 0);
  return withProgress(linked, ask(linked), !slow);
}

// A checkpoint that the link names and the list does not may be an older step of a run: the program knows. Where it is
// not there, nothing else is shown. Without a link, what came with the page may be old news: then the newest follows.
async function begin() {
  const { request: linked, cell: linkedCell, error } = fromLink();
  const named = urlState.get("ck") !== null;
  field.value = urlState.get("seed") ?? 0;
  if (error) {
    unseen = error.values?.hash ?? null;
    showProblem(error);
    noteMissing(error);
    showList();
    return void refreshList();
  }
  const answer = await firstAnswer(linked);
  if (answer.error) {
    revealTile();
    showProblem(answer.error);
    noteMissing(answer.error);
    if (isLost(answer.error)) lost = answer.error;
    unseen = linked.sha256;
    return showList();
  }
  await show(answer, () => page.seed.sha256 !== null);
  if (page.seed.sha256 === null) revealTile();
  showProblem(null);
  if (page.seed.sha256 === null) setSeed({ sha256: answer.sha256 }); // or chosen meanwhile
  prefetch.keep(answer, answer);
  showList();
  if (answer.preview) refineSoon();
  if (linkedCell !== null) openCell(linkedCell);
  await refreshList();
  if (!named && isSame(page.seed, answer) && state.list.default !== answer.sha256) {
    requestTile({ sha256: state.list.default });
  }
}

// The checkpoint that was looked at before this one, for the key that compares the two.
/** @type {string | null} */
let earlier = null;
/** @type {string | null} */
let present = null;
document.addEventListener("ganrace:shown", () => {
  if (page.shown !== null && page.shown.sha256 !== present) [earlier, present] = [present, page.shown.sha256];
});
shortcuts.register("explore", {
  compare_key_previous: () => present !== null && openCompare([earlier, present].filter((one) => one !== null)),
});

onLanguage(element, () => {
  showList();
  showWords();
  lens.showWords();
  showStar();
  visited.showWords();
  showProblem(state.problem);
  showProgressWords();
});
document.addEventListener("race:list", () => {
  const stoodIn = state.list.untrained !== null && page.seed.sha256 === state.list.default;
  if (page.list !== null) state.list = page.list;
  if (page.seed.sha256 === null && urlState.wrong(["ck"])) showProblem(urlState.wrong());
  if (stoodIn && state.list.untrained === null) requestTile({ sha256: state.list.default }); // there is a trained one now
  showList();
  showWords();
});
document.addEventListener("race:outdated", refreshList);
document.addEventListener("race:gone", () => removedCheckpoints.has(page.shown?.sha256 ?? "") && $(".lens").close());
setList(state.list);
retryWhenAnswering(
  () => lost !== null && page.tab === "explore" && !$(".lens").open,
  () => {
    const error = lost;
    lost = null;
    if (page.seed.sha256 === null) return begin();
    if (wanted()) {
      followSeed();
      return pump();
    }
    if (state.problem === error) showProblem(null);
    if (page.shown?.preview) refine();
  },
);
document.addEventListener("race:righted", () => page.seed.sha256 === null && begin());
begin();
setInterval(
  () => document.visibilityState === "visible" && !busy && document.activeElement !== select && refreshList(),
  30000,
);
