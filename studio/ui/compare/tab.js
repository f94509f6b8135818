// What is compared, on which seed, and what is on the wall. The steps of a run, the modes, the wall itself, the cells, the
// matrix, the blind guess, the facts and the saved picture are in the files that are put in after this one.

import { callServer, retryWhenAnswering } from "../shared/api.js";
import { fillCheckpoints } from "../shared/checkpoint_list.js";
import { findCheckpoint, withRawWeights } from "../shared/checkpoints.js";
import { announce, jpegUrl, make } from "../shared/dom.js";
import { refreshList as askForList } from "../shared/listing.js";
import { openAdding } from "../shared/missing_checkpoint.js";
import { page, setSeed } from "../shared/page_state.js";
import { SEEDS, parseSeed } from "../shared/parsers.js";
import * as seenSeeds from "../shared/seen_seeds.js";
import { errorText, onLanguage, textOf } from "../shared/texts.js";
import * as urlState from "../shared/url_state.js";
import { visitor } from "../shared/visitor.js";
import { arrange } from "./blind_guess.js";
import { $, element, field, props, server, state, status, wallNode } from "./context.js";
import "./keys.js";
import { lens, openLinked } from "./lightbox.js";
import { drawMatrix, drawRows, goOnWithMatrix, showMatrix, showProgress } from "./matrix.js";
import { linkedMode, setMode } from "./modes.js";
import "./save_image.js";
import { forgetFacts, showFacts } from "./settings_and_curves.js";
import { showCurtain, showWall } from "./tile_grid.js";
import { showScrubber } from "./training_steps.js";

const KEPT_PICTURES = 36;
const BASELINES = ["course_sample", "dcgan"];

// {sha256: the checkpoint that is chosen, shown: it, or a step that its run kept}, or {absent: hash, gone: it was here}
let unread = []; // what the link says of checkpoints and is no hash, until something else is chosen
let lost = null; // the error of what could not be asked for; it is, once the program answers again
const pictures = new Map(); // what was drawn: key -> facts and the address of the JPEG

export const isOpen = () => page.tab === "compare" && element.isConnected;
// What can be chosen: checkpoints, and their weights as last trained, which a run keeps of its newest checkpoint only.
const choices = (some) => withRawWeights(some).map((one) => (one.averaged === undefined ? one : { ...one, steps: [] }));
export const checkpointOf = (sha256) => choices(state.list).find((one) => one.sha256 === sha256);
export const chosen = () => state.slots.filter((slot) => !isAbsent(slot));
const keyOf = (sha256, { seed, psi }) => `${sha256} ${seed} ${psi}`;
const wanted = () => ({ seed: page.seed.seed, psi: page.seed.psi, hashes: chosen().map((slot) => slot.shown) });
const isOnWall = (wish) =>
  state.wall !== null &&
  state.wall.seed === wish.seed &&
  state.wall.psi === wish.psi &&
  state.wall.tiles.map((one) => one.sha256).join() === wish.hashes.join();

export function showProblem(error) {
  state.problem = error;
  status.hidden = error === null;
  status.textContent = error === null ? "" : errorText(error);
  status.classList.toggle("failed", error !== null && error !== RELIEVED);
}

export function fail(error) {
  showProblem(error);
  if (error.code === "error_connection") lost = error;
}

// The list, and the slots in which something of it is chosen.
export async function refreshList() {
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

// A run that goes on replaces its checkpoint; whoever compared the newest one goes on with the newest. What was not here
// may have come.
function followRun(slot, before) {
  if (isAbsent(slot)) return hereNow(slot);
  if (checkpointOf(slot.sha256)) return slot;
  const { name, added } = choices(before).find((one) => one.sha256 === slot.sha256) ?? {};
  const now = added ? undefined : choices(state.list).find((one) => one.name === name);
  if (now === undefined) return { absent: slot.sha256, gone: true };
  return { sha256: now.sha256, shown: now.steps.some((step) => step.sha256 === slot.shown) ? slot.shown : now.sha256 };
}

function hereNow(slot) {
  const found = findSlot(slot.absent);
  return isAbsent(found) ? slot : found;
}

// Where all that was compared is gone, begin anew; what a link names and was never here is waited for.
export const isAbsent = (slot) => slot.absent !== undefined;
const stillThere = (now) => (now.every((slot) => slot.gone) ? defaultSlots() : now);

const slotOf = (checkpoint) => ({ sha256: checkpoint.sha256, shown: checkpoint.sha256 });

function findSlot(hash) {
  for (const one of choices(state.list)) {
    const match = [one, ...one.steps].find((step) => step.sha256.startsWith(hash));
    if (match) return { sha256: one.sha256, shown: match.sha256 };
  }
  return { absent: hash };
}

// What another tab has asked to compare, once: hashes of checkpoints.
function askedSlots() {
  const found = (page.compared ?? []).map(findSlot).filter((slot) => !isAbsent(slot));
  page.compared = null;
  if (found.length === 0) return null;
  return found.length > 1 ? found : [slotOf(otherThan(found[0].sha256)), found[0]];
}

function linkedSlots() {
  const said = (urlState.get("cmp") ?? "")
    .split(",")
    .map((one) => one.trim())
    .filter(Boolean);
  const isHash = (one) => /^[0-9a-f]{8,64}$/i.test(one);
  unread = said.filter((one) => !isHash(one));
  const hashes = said.filter(isHash).map((one) => one.toLowerCase());
  if (hashes.length === 0) return null;
  const found = hashes.slice(0, props.limits.checkpoints).map(findSlot);
  return found.length > 1 ? found : [...found, slotOf(otherThan(found[0].sha256 ?? state.list.checkpoints[0].sha256))];
}

// What to begin with beside a checkpoint: one on the same latents, a baseline first; otherwise any other.
function otherThan(sha256) {
  const others = state.list.checkpoints.filter((one) => one.sha256 !== sha256);
  const { z_dim, classes, averaged } = checkpointOf(sha256);
  if (averaged !== undefined) return checkpointOf(averaged); // of which it has the weights as last trained
  const comparable = others.filter((one) => one.z_dim === z_dim && one.classes === classes);
  const baseline = (some) => BASELINES.map((name) => some.find((one) => one.name === name)).find(Boolean) ?? some[0];
  return baseline(comparable) ?? baseline(others) ?? checkpointOf(sha256);
}

function defaultSlots() {
  const one = checkpointOf(page.seed.sha256) ?? checkpointOf(state.list.default) ?? state.list.checkpoints[0];
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

const shortened = (words) => (words.length > 20 ? `${words.slice(0, 20)}…` : words);

function slotNode(slot, index) {
  const select = make("select");
  select.setAttribute("aria-label", textOf("compare_slot", { number: index + 1 }));
  fillCheckpoints(select, state.list, slot.sha256, { raw: true });
  if (slot.absent !== undefined) {
    select.prepend(new Option(textOf("compare_absent", { hash: slot.absent.slice(0, 8) }), "", true, true));
  }
  select.addEventListener("change", () => chooseSlots(state.slots.with(index, slotOf(checkpointOf(select.value)))));
  const item = make("li", {}, select);
  if (state.slots.length > 2) {
    const remove = make("button", { type: "button", className: "remove quiet", textContent: "×" });
    remove.setAttribute("aria-label", textOf("compare_remove", { number: index + 1 }));
    remove.addEventListener("click", () => chooseSlots(state.slots.toSpliced(index, 1)));
    item.append(remove);
  }
  return item;
}

function changeSlots(next) {
  state.slots = next;
  showSlots();
  showScrubber();
  forgetFacts();
  draw();
}

// Whoever chooses something else has read what was wrong with the link.
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
export function draw() {
  tellLink();
  if (chosen().length === 0) clearWall();
  if (state.mode === "matrix") drawMatrix();
  else pump();
}

// Nothing of what is compared is here; what was shown of others is not left standing for it.
function clearWall() {
  state.wall = null;
  wallNode.replaceChildren();
  $(".curtain").hidden = $(".pair").hidden = $(".guess").hidden = true;
  $(".how").textContent = "";
  $(".lens").close();
}

$(".add-absent").addEventListener("click", () => openAdding(state.slots.find(isAbsent)?.absent));
$(".add").addEventListener("click", () => {
  const fresh = state.list.checkpoints.filter((one) => state.slots.every((slot) => slot.sha256 !== one.sha256));
  const comparable = fresh.find((one) => mismatchAmong([...chosenOnes(), one]) === null);
  chooseSlots([...state.slots, slotOf(comparable ?? fresh[0] ?? state.list.checkpoints[0])]);
});

$(".swap").addEventListener("click", () => chooseSlots(state.slots.toReversed()));

// One seed means the same latents only to generators of equal z sizes and equal counts of classes: of those that are
// shown, and of those that are chosen, which may not be drawn yet, or cannot be.
export const mismatch = () =>
  mismatchAmong(state.mode === "matrix" ? state.rows.flatMap((row) => row.tiles) : (state.wall?.tiles ?? [])) ??
  mismatchAmong(chosenOnes());
const chosenOnes = () => chosen().map((slot) => checkpointOf(slot.sha256));
function mismatchAmong(shapes) {
  const differ = (of) => new Set(shapes.map(of)).size > 1;
  if (differ((one) => one.z_dim)) return "compare_z_sizes";
  return differ((one) => one.classes) ? "compare_classes" : null;
}

export function showMismatch() {
  const code = mismatch();
  $(".mismatch").hidden = code === null;
  $(".mismatch").textContent = code === null ? "" : textOf(code);
}

const RELIEVED = { code: "memory_relieved", values: {} }; // no error, but worth a word, once

const mayDraw = () => !state.busy && state.list !== null && isOpen() && state.mode !== "matrix";
const isUnfinished = () => isOpen() && !isOnWall(wanted()) && wanted().hashes.length > 0;

// Draw until what was wished last is on the wall; it comes there as a whole, once every picture of it is decoded.
export async function pump() {
  if (!mayDraw()) return;
  if (urlState.wrong(["seed", "psi"])) return showProblem(urlState.wrong(["seed", "psi"]));
  state.busy = true;
  wallNode.classList.add("waiting");
  while (isUnfinished()) {
    const wish = wanted();
    const { error, superseded, relieved = false } = await askMissing(wish);
    if (superseded || (error && !isStill(wish))) continue;
    if (error) {
      failed(error);
      break;
    }
    if (isStill(wish)) await present(wish);
    if (relieved && isOnWall(wish)) showProblem(RELIEVED);
  }
  state.busy = false;
  wallNode.classList.remove("waiting");
}

// Ask for what is not drawn yet, and keep it.
async function askMissing({ seed, psi, hashes }) {
  const checkpoints = [...new Set(hashes)].filter((sha256) => !pictures.has(keyOf(sha256, { seed, psi })));
  if (checkpoints.length === 0) return {};
  const answer = await callServer(server.compare_tiles, { checkpoints, seed, psi, visitor });
  if (answer.superseded || answer.error) return answer;
  answer.tiles.forEach(keepPicture);
  return { relieved: answer.tiles.some((one) => one.relieved) };
}

const isStill = (wish) => JSON.stringify(wish) === JSON.stringify(wanted());

function failed(error) {
  fail(error);
  if (error.code === "error_unknown_checkpoint") refreshList();
  else if (state.wall !== null && error !== lost) setSeed({ seed: state.wall.seed, psi: state.wall.psi });
}

retryWhenAnswering(
  () => lost !== null && isOpen(),
  () => {
    const error = lost;
    lost = null;
    if (state.list === null) return enter();
    if (state.mode === "matrix" && state.begun?.cut) return drawRows();
    if (state.mode !== "matrix" && wanted().hashes.length > 0 && !isOnWall(wanted())) return pump();
    if (state.problem === error) showProblem(null);
  },
);

function keepPicture({ jpeg, ...facts }) {
  const key = keyOf(facts.sha256, /** @type {any} */ (facts));
  if (!pictures.has(key)) pictures.set(key, { ...facts, url: jpegUrl(jpeg) });
  const onWall = new Set(state.wall?.tiles.map((one) => one.url));
  for (const [old, one] of pictures) {
    if (pictures.size <= KEPT_PICTURES) break;
    if (old === key || onWall.has(one.url)) continue;
    pictures.delete(old);
  }
}

export async function decoded(url) {
  const image = make("img", { src: url, draggable: false });
  await image.decode();
  return image;
}

// What is said of a tile: the name of its checkpoint, how far it had been trained, the kind of its weights, and the shape
// of its latents.
export function described(sha256) {
  for (const one of choices(state.list)) {
    const step = [one, ...one.steps].find((match) => match.sha256 === sha256);
    if (step) {
      return { name: one.name, images: step.images, weights: one.weights, z_dim: one.z_dim, classes: one.classes };
    }
  }
  return { name: sha256.slice(0, 8), images: null, weights: null };
}

async function present(wish) {
  const tiles = wish.hashes.map((sha256) => ({ ...pictures.get(keyOf(sha256, wish)), ...described(sha256) }));
  const images = await Promise.all(tiles.map((one) => decoded(one.url)));
  if (!isStill(wish)) return;
  const runs = chosen()
    .map((slot) => slot.sha256)
    .join();
  if (state.order.length !== tiles.length || (state.blind && state.wall?.runs !== runs)) arrange(tiles.length);
  state.wall = { seed: wish.seed, psi: wish.psi, runs, tiles };
  showWall(images);
  for (const sha256 of wish.hashes) seenSeeds.add({ sha256, seed: wish.seed });
  showProblem(null);
  if (document.activeElement !== field) field.value = wish.seed;
  announce(textOf("compare_shown", { seed: wish.seed, count: tiles.length }));
  openLinked();
}

// Moving among seeds: the seed is Explore's.
export const step = (by) => setSeed({ seed: (page.seed.seed + by + SEEDS) % SEEDS });
export function randomSeed() {
  setSeed({ seed: crypto.getRandomValues(new Uint32Array(1))[0] });
}

$(".previous").addEventListener("click", () => step(-1));
$(".next").addEventListener("click", () => step(1));
$(".random").addEventListener("click", randomSeed);
$(".seed-form").addEventListener("submit", (event) => {
  event.preventDefault();
  const seed = parseSeed(field.value);
  if (seed === null) return showProblem({ code: "error_seed", values: { value: field.value } });
  if (state.wall?.seed === seed) showProblem(null);
  setSeed({ seed });
  urlState.dropWrong(); // also where the seed is the same
  pump();
});
document.addEventListener("race:seed", () => {
  if (document.activeElement !== field) field.value = page.seed.seed;
  pump();
});
document.addEventListener("race:gone", () => isOpen() && state.list !== null && refreshList());

// Put the same tiles up again: another mode, other places, another language.
export async function redraw() {
  const now = state.wall;
  if (now === null) return;
  const images = await Promise.all(now.tiles.map((one) => decoded(one.url)));
  if (state.wall === now) showWall(images);
}

export async function enter() {
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
setMode(linkedMode() ?? state.wallMode);
showCurtain();
enter();
setInterval(
  () =>
    document.visibilityState === "visible" &&
    isOpen() &&
    !state.busy &&
    !element.contains(document.activeElement?.closest?.("select")) &&
    refreshList(),
  30000,
);
