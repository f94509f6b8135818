// The tab Compare: the slots in which checkpoints are chosen, and the drawing of what is in the grid.

import { callServer, retryWhenAnswering } from "../shared/api.js";
import { fillCheckpoints } from "../shared/checkpoint_list.js";
import { findCheckpoint } from "../shared/checkpoints.js";
import { announce, jpegUrl, make } from "../shared/dom.js";
import { refreshList as askForList } from "../shared/listing.js";
import { openAdding } from "../shared/missing_checkpoint.js";
import { page, setSeed } from "../shared/page_state.js";
import { parseSeed } from "../shared/parsers.js";
import * as seenSeeds from "../shared/seen_seeds.js";
import { onLanguage, textOf } from "../shared/texts.js";
import * as urlState from "../shared/url_state.js";
import { visitor } from "../shared/visitor.js";
import { arrange } from "./blind_guess.js";
import {
  checkpointOf,
  choices,
  chosen,
  chosenOnes,
  decoded,
  described,
  isAbsent,
  isOpen,
  mismatchAmong,
  randomSeed,
  showMismatch,
  step,
} from "./compared.js";
import {
  $,
  RELIEVED,
  choiceChanged,
  element,
  fail,
  field,
  listNow,
  props,
  server,
  showProblem,
  state,
  gridNode,
  gridRequested,
} from "./context.js";
import "./keys.js";
import { lens, openLinked } from "./lightbox.js";
import { drawMatrix, drawRows, goOnWithMatrix, showMatrix, showProgress } from "./matrix.js";
import { linkedMode, setMode } from "./modes.js";
import "./save_image.js";
import { forgetFacts, showFacts } from "./settings_and_curves.js";
import "./tile_gestures.js";
import { redraw, showCurtain, showGrid } from "./tile_grid.js";
import { showScrubber } from "./training_steps.js";

/** @import { DrawnTile } from "../protocol.d.ts" */
/** @import { Checkpoint, CheckpointList, ProgramError } from "../shared/types.d.ts" */
/** @import { AbsentSlot, ChosenSlot, ComparedTile, Slot } from "./types.d.ts" */
/** @typedef {{ seed: number, psi: number, hashes: string[] }} Wanted */

const KEPT_PICTURES = 36;
const BASELINES = ["course_sample", "dcgan"];

/** @type {string[]} what the link says of checkpoints and is no hash, until something else is chosen */
let unread = [];

/** @type {Map<string, Omit<ComparedTile, "name" | "images" | "weights">>} what was drawn, by its key */
const pictures = new Map();
/**
 * @param {string} sha256
 * @param {{ seed: number, psi: number }} tile
 */
const keyOf = (sha256, { seed, psi }) => `${sha256} ${seed} ${psi}`;
const wanted = () => ({ seed: page.seed.seed, psi: page.seed.psi, hashes: chosen().map((slot) => slot.shown) });

/** @param {Wanted} asked */
const isInGrid = (asked) =>
  state.grid !== null &&
  state.grid.seed === asked.seed &&
  state.grid.psi === asked.psi &&
  state.grid.tiles.map((one) => one.sha256).join() === asked.hashes.join();

// The list, and the slots in which something of it is chosen.
async function refreshList() {
  page.withSteps = true;
  const answer = await askForList();
  if (answer.error) return fail(answer.error);
  const before = state.list;
  if (JSON.stringify(answer.list) === JSON.stringify(before)) return;
  state.list = answer.list;
  if (before === null) state.slots = askedSlots() ?? linkedSlots() ?? defaultSlots();
  else state.slots = stillThere(state.slots.map((slot) => followRun(slot, before)));
  changeSlots(state.slots);
}

/**
 * A run that goes on replaces its checkpoint; whoever compared the newest one goes on with the newest. What was not
 * here may have come.
 * @param {Slot} slot
 * @param {CheckpointList} before
 * @returns {Slot}
 */
function followRun(slot, before) {
  if (isAbsent(slot)) return hereNow(slot);
  if (checkpointOf(slot.sha256)) return slot;
  const { name, added } = choices(before).find((one) => one.sha256 === slot.sha256) ?? {};
  const now = added ? undefined : choices(listNow()).find((one) => one.name === name);
  if (now === undefined) return { absent: slot.sha256, gone: true };
  return { sha256: now.sha256, shown: now.steps.some((one) => one.sha256 === slot.shown) ? slot.shown : now.sha256 };
}

/** @param {AbsentSlot} slot */
function hereNow(slot) {
  const found = findSlot(slot.absent);
  return isAbsent(found) ? slot : found;
}

/**
 * Where all that was compared is gone, begin anew; what a link names and was never here is waited for.
 * @param {Slot[]} now
 */
const stillThere = (now) => (now.every((slot) => slot.gone) ? defaultSlots() : now);
/**
 * @param {{ sha256: string }} checkpoint
 * @returns {ChosenSlot}
 */
const slotOf = (checkpoint) => ({ sha256: checkpoint.sha256, shown: checkpoint.sha256 });

/**
 * @param {string} hash
 * @returns {Slot}
 */
function findSlot(hash) {
  for (const one of choices(listNow())) {
    const match = [one, ...one.steps].find((other) => other.sha256.startsWith(hash));
    if (match) return { sha256: one.sha256, shown: match.sha256 };
  }
  return { absent: hash };
}

/**
 * What another tab has asked to compare, once: hashes of checkpoints.
 * @returns {Slot[] | null}
 */
function askedSlots() {
  const found = (page.compared ?? []).map(findSlot).filter((slot) => !isAbsent(slot));
  page.compared = null;
  if (found.length === 0) return null;
  return found.length > 1 ? found : [slotOf(otherThan(found[0].sha256)), found[0]];
}

/** @returns {Slot[] | null} */
function linkedSlots() {
  const said = (urlState.get("cmp") ?? "")
    .split(",")
    .map((one) => one.trim())
    .filter(Boolean);
  const isHash = (/** @type {string} */ one) => /^[0-9a-f]{8,64}$/i.test(one);
  unread = said.filter((one) => !isHash(one));
  const hashes = said.filter(isHash).map((one) => one.toLowerCase());
  if (hashes.length === 0) return null;
  const found = hashes.slice(0, props.limits.checkpoints).map(findSlot);
  return found.length > 1 ? found : [...found, slotOf(otherThan(found[0].sha256 ?? listNow().checkpoints[0].sha256))];
}

/**
 * What to begin with beside a checkpoint: one on the same latents, a baseline first; otherwise any other.
 * @param {string} sha256
 * @returns {Checkpoint}
 */
function otherThan(sha256) {
  const others = listNow().checkpoints.filter((one) => one.sha256 !== sha256);
  const own = checkpointOf(sha256) ?? listNow().checkpoints[0];
  const { z_dim, classes, averaged } = own;
  if (averaged !== undefined) return checkpointOf(averaged) ?? own; // of which it has the weights as last trained
  const comparable = others.filter((one) => one.z_dim === z_dim && one.classes === classes);
  const baseline = (/** @type {Checkpoint[]} */ some) =>
    BASELINES.map((name) => some.find((one) => one.name === name)).find(Boolean) ?? some[0];
  return baseline(comparable) ?? baseline(others) ?? own;
}

/** @returns {Slot[]} */
function defaultSlots() {
  const one = checkpointOf(page.seed.sha256) ?? checkpointOf(listNow().default) ?? listNow().checkpoints[0];
  return [slotOf(otherThan(one.sha256)), slotOf(one)];
}

function showSlots() {
  $(".slots").replaceChildren(...state.slots.map(slotNode));
  $(".add").hidden = state.slots.length >= props.limits.checkpoints;
  $(".swap").hidden = state.slots.length !== 2;
  showAbsent();
  showMismatch();
}

function showAbsent() {
  const absent = [...new Set(state.slots.filter(isAbsent).map((slot) => slot.absent.slice(0, 8)))];
  const said = absent.map((hash) => textOf("error_unknown_checkpoint", { hash }));
  if (unread.length > 0) {
    said.push(textOf("compare_unread", { values: unread.map(shortened).join(", "), count: unread.length }));
  }
  $(".absent").hidden = said.length === 0;
  $(".add-absent").hidden = absent.length === 0 || !page.mayAdd;
  $(".absent").textContent = said.join(" ");
}

/** @param {string} words */
const shortened = (words) => (words.length > 20 ? `${words.slice(0, 20)}…` : words);

/**
 * @param {Slot} slot
 * @param {number} index
 */
function slotNode(slot, index) {
  const select = make("select");
  select.setAttribute("aria-label", textOf("compare_slot", { number: index + 1 }));
  fillCheckpoints(select, listNow(), slot.sha256, { raw: true });
  if (slot.absent !== undefined) {
    select.prepend(new Option(textOf("compare_absent", { hash: slot.absent.slice(0, 8) }), "", true, true));
  }
  select.addEventListener("change", () => {
    const one = checkpointOf(select.value);
    if (one !== undefined) chooseSlots(state.slots.with(index, slotOf(one)));
  });
  const item = make("li", {}, select);
  if (state.slots.length > 2) {
    const remove = make("button", { type: "button", className: "remove quiet", textContent: "×" });
    remove.setAttribute("aria-label", textOf("compare_remove", { number: index + 1 }));
    remove.addEventListener("click", () => chooseSlots(state.slots.toSpliced(index, 1)));
    item.append(remove);
  }
  return item;
}

/** @param {Slot[]} next */
function changeSlots(next) {
  state.slots = next;
  showSlots();
  showScrubber();
  forgetFacts();
  draw();
}

/**
 * Whoever chooses something else has read what was wrong with the link.
 * @param {Slot[]} next
 */
function chooseSlots(next) {
  unread = [];
  urlState.dropWrong();
  changeSlots(next);
}

function tellLink() {
  const { seeds = [] } = (state.mode === "matrix" && state.begun) || {};
  urlState.set({
    cmp: state.slots.map((slot) => (slot.shown ?? slot.absent).slice(0, 8)).join(","),
    ...(seeds.length > 0 && { cmpseeds: seeds.join(",") }),
  });
}

// Put up what is chosen now, and say it in the link.
function draw() {
  tellLink();
  if (chosen().length === 0) clearGrid();
  if (state.mode === "matrix") drawMatrix();
  else pump();
}

// Nothing of what is compared is here; what was shown of others is not left standing for it.
function clearGrid() {
  state.grid = null;
  gridNode.replaceChildren();
  $(".curtain").hidden = $(".pair").hidden = $(".guess").hidden = true;
  $(".how").textContent = "";
  $(".lens").close();
}

$(".add-absent").addEventListener("click", () => openAdding(state.slots.find(isAbsent)?.absent));

$(".add").addEventListener("click", () => {
  const fresh = listNow().checkpoints.filter((one) => state.slots.every((slot) => slot.sha256 !== one.sha256));
  const comparable = fresh.find((one) => mismatchAmong([...chosenOnes(), one]) === null);
  chooseSlots([...state.slots, slotOf(comparable ?? fresh[0] ?? listNow().checkpoints[0])]);
});

$(".swap").addEventListener("click", () => chooseSlots(state.slots.toReversed()));

const mayDraw = () => !state.busy && state.list !== null && isOpen() && state.mode !== "matrix";
const isUnfinished = () => isOpen() && !isInGrid(wanted()) && wanted().hashes.length > 0;

// Draw until what was asked for last is in the grid; it comes there as a whole, once every picture of it is decoded.
async function pump() {
  if (!mayDraw()) return;
  if (urlState.wrong(["seed", "psi"])) return showProblem(urlState.wrong(["seed", "psi"]));
  state.busy = true;
  gridNode.classList.add("waiting");
  while (isUnfinished()) {
    const asked = wanted();
    const { error, superseded, relieved = false } = await askMissing(asked);
    if (superseded || (error && !isStill(asked))) continue;
    if (error) {
      failed(error);
      break;
    }
    if (isStill(asked)) await present(asked);
    if (relieved && isInGrid(asked)) showProblem(RELIEVED);
  }
  state.busy = false;
  gridNode.classList.remove("waiting");
}

/**
 * Ask for what is not drawn yet, and keep it.
 * @param {Wanted} asked
 * @returns {Promise<any>}
 */
async function askMissing({ seed, psi, hashes }) {
  const checkpoints = [...new Set(hashes)].filter((sha256) => !pictures.has(keyOf(sha256, { seed, psi })));
  if (checkpoints.length === 0) return {};
  const answer = await callServer(server.compare_tiles, { checkpoints, seed, psi, visitor });
  if (answer.superseded || answer.error) return answer;
  answer.tiles.forEach(keepPicture);
  return { relieved: answer.tiles.some((/** @type {DrawnTile} */ one) => one.relieved) };
}

/** @param {Wanted} asked */
const isStill = (asked) => JSON.stringify(asked) === JSON.stringify(wanted());

/** @param {ProgramError} error */
function failed(error) {
  fail(error);
  if (error.code === "error_unknown_checkpoint") refreshList();
  else if (state.grid !== null && error !== state.lost) setSeed({ seed: state.grid.seed, psi: state.grid.psi });
}

retryWhenAnswering(
  () => state.lost !== null && isOpen(),
  () => {
    const error = state.lost;
    state.lost = null;
    if (state.list === null) return enter();
    if (state.mode === "matrix" && state.begun?.cut) return drawRows();
    if (state.mode !== "matrix" && wanted().hashes.length > 0 && !isInGrid(wanted())) return pump();
    if (state.problem === error) showProblem(null);
  },
);

/** @param {DrawnTile} tile */
function keepPicture({ jpeg, ...facts }) {
  const key = keyOf(facts.sha256, facts);
  if (!pictures.has(key)) pictures.set(key, { ...facts, url: jpegUrl(jpeg) });
  const inGrid = new Set(state.grid?.tiles.map((one) => one.url));
  for (const [old, one] of pictures) {
    if (pictures.size <= KEPT_PICTURES) break;
    if (old === key || inGrid.has(one.url)) continue;
    pictures.delete(old);
  }
}

/**
 * What is known of a tile that is drawn.
 * @param {string} sha256
 * @param {Wanted} asked
 */
const tileOf = (sha256, asked) =>
  /** @type {ComparedTile} */ ({ ...pictures.get(keyOf(sha256, asked)), ...described(sha256) });

/** @param {Wanted} asked */
async function present(asked) {
  const tiles = asked.hashes.map((sha256) => tileOf(sha256, asked));
  const images = await Promise.all(tiles.map((one) => decoded(one.url)));
  if (!isStill(asked)) return;
  const runs = chosen()
    .map((slot) => slot.sha256)
    .join();
  if (state.order.length !== tiles.length || (state.blind && state.grid?.runs !== runs)) arrange(tiles.length);
  state.grid = { seed: asked.seed, psi: asked.psi, runs, tiles };
  showGrid(images);
  for (const sha256 of asked.hashes) seenSeeds.add({ sha256, seed: asked.seed });
  showProblem(null);
  if (document.activeElement !== field) field.value = asked.seed;
  announce(textOf("compare_shown", { seed: asked.seed, count: tiles.length }));
  openLinked();
}

$(".previous").addEventListener("click", () => step(-1));

$(".next").addEventListener("click", () => step(1));

$(".random").addEventListener("click", randomSeed);

$(".seed-form").addEventListener("submit", (/** @type {Event} */ event) => {
  event.preventDefault();
  const seed = parseSeed(field.value);
  if (seed === null) return showProblem({ code: "error_seed", values: { value: field.value } });
  if (state.grid?.seed === seed) showProblem(null);
  setSeed({ seed });
  urlState.dropWrong(); // also where the seed is the same
  pump();
});

document.addEventListener("race:seed", () => {
  if (document.activeElement !== field) field.value = page.seed.seed;
  pump();
});

document.addEventListener("race:gone", () => isOpen() && state.list !== null && refreshList());

async function enter() {
  if (!isOpen()) return;
  await refreshList();
  const asked = state.list && askedSlots();
  if (asked) chooseSlots(asked);
  else if (state.list !== null) tellLink(); // which another tab may have taken out
  if (document.activeElement !== field) field.value = page.seed.seed;
  if (state.mode === "matrix") goOnWithMatrix();
  else pump();
}

for (const name of ["race:tab", "race:compare"]) document.addEventListener(name, enter);

/** @param {Slot} slot */
const hasCome = (slot) => isAbsent(slot) && page.list !== null && Boolean(findCheckpoint(page.list, slot.absent));

document.addEventListener("race:list", () => isOpen() && state.slots.some(hasCome) && refreshList());

onLanguage(element, () => {
  showProblem(state.problem);
  if (state.list === null) return;
  showSlots();
  showScrubber();
  lens.showWords();
  showFacts();
  if (state.mode === "matrix") showMatrix();
  showProgress(state.progress);
  redraw();
});

choiceChanged.listen(draw);
gridRequested.listen(pump);
setMode(linkedMode() ?? state.gridMode);

showCurtain();

enter();

setInterval(
  () =>
    document.visibilityState === "visible" &&
    isOpen() &&
    !state.busy &&
    !element.contains(document.activeElement?.closest?.("select") ?? null) &&
    refreshList(),
  30000,
);
