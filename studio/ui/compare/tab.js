// What is compared, on which seed, and what is on the wall. The steps of a run, the modes, the wall itself, the cells, the
// matrix, the blind guess, the facts and the saved picture are in the files that are put in after this one.
const race = window.ganRace;
const $ = (selector) => element.querySelector(selector);
const { make } = race;
const [status, wallNode, field] = [".status", ".wall", ".seed"].map($);
const { visitor } = race;
const COLUMNS = 10;
const KEPT_PICTURES = 36;
const LIMIT = 2 ** 32;
const BASELINES = ["course_sample", "dcgan"];

let list = null; // what there is to compare
// {sha256: the checkpoint that is chosen, shown: it, or a step that its run kept}, or {absent: hash, gone: it was here}
let slots = [];
let unread = []; // what the link says of checkpoints and is no hash, until something else is chosen
let mode = "side";
let blind = false;
let revealed = false;
let order = []; // which tile stands at which place
let pair = [0, 1]; // the two places that flip and slider show
let wall = null; // what is on the screen: {seed, psi, tiles}
let problem = null;
let lost = null; // the error of what could not be asked for; it is, once the program answers again
let busy = false;
const pictures = new Map(); // what was drawn: key -> facts and the address of the JPEG

const isOpen = () => race.tab === "compare" && element.isConnected;
// What can be chosen: checkpoints, and their weights as last trained, which a run keeps of its newest checkpoint only.
const choices = (some) => race.kinds(some).map((one) => (one.averaged === undefined ? one : { ...one, steps: [] }));
const checkpointOf = (sha256) => choices(list).find((one) => one.sha256 === sha256);
const chosen = () => slots.filter((slot) => !isAbsent(slot));
const keyOf = (sha256, { seed, psi }) => `${sha256} ${seed} ${psi}`;
const wanted = () => ({ seed: race.seed.seed, psi: race.seed.psi, hashes: chosen().map((slot) => slot.shown) });
const isOnWall = (wish) =>
  wall !== null && wall.seed === wish.seed && wall.psi === wish.psi && wall.tiles.map((one) => one.sha256).join() === wish.hashes.join();

function showProblem(error) {
  problem = error;
  status.hidden = error === null;
  status.textContent = error === null ? "" : race.errorText(error);
  status.classList.toggle("failed", error !== null && error !== RELIEVED);
}

function fail(error) {
  showProblem(error);
  if (error.code === "error_connection") lost = error;
}

// The list, and the slots in which something of it is chosen.
async function refreshList() {
  race.withSteps = true;
  const answer = await race.refreshList();
  if (answer.error) return fail(answer.error);
  const before = list;
  if (JSON.stringify(answer.list) === JSON.stringify(before)) return;
  list = answer.list;
  if (before === null) slots = askedSlots() ?? linkedSlots() ?? defaultSlots();
  else slots = stillThere(slots.map((slot) => followRun(slot, before)));
  changeSlots(slots);
}

// A run that goes on replaces its checkpoint; whoever compared the newest one goes on with the newest. What was not here
// may have come.
function followRun(slot, before) {
  if (isAbsent(slot)) return hereNow(slot);
  if (checkpointOf(slot.sha256)) return slot;
  const { name, added } = choices(before).find((one) => one.sha256 === slot.sha256) ?? {};
  const now = added ? undefined : choices(list).find((one) => one.name === name);
  if (now === undefined) return { absent: slot.sha256, gone: true };
  return { sha256: now.sha256, shown: now.steps.some((step) => step.sha256 === slot.shown) ? slot.shown : now.sha256 };
}

function hereNow(slot) {
  const found = findSlot(slot.absent);
  return isAbsent(found) ? slot : found;
}

// Where all that was compared is gone, begin anew; what a link names and was never here is waited for.
const isAbsent = (slot) => slot.absent !== undefined;
const stillThere = (now) => (now.every((slot) => slot.gone) ? defaultSlots() : now);

const slotOf = (checkpoint) => ({ sha256: checkpoint.sha256, shown: checkpoint.sha256 });

function findSlot(hash) {
  for (const one of choices(list)) {
    const match = [one, ...one.steps].find((step) => step.sha256.startsWith(hash));
    if (match) return { sha256: one.sha256, shown: match.sha256 };
  }
  return { absent: hash };
}

// What another tab has asked to compare, once: hashes of checkpoints.
function askedSlots() {
  const found = (race.compared ?? []).map(findSlot).filter((slot) => !isAbsent(slot));
  race.compared = null;
  if (found.length === 0) return null;
  return found.length > 1 ? found : [slotOf(otherThan(found[0].sha256)), found[0]];
}

function linkedSlots() {
  const said = (race.link.get("cmp") ?? "").split(",").map((one) => one.trim()).filter(Boolean);
  const isHash = (one) => /^[0-9a-f]{8,64}$/i.test(one);
  unread = said.filter((one) => !isHash(one));
  const hashes = said.filter(isHash).map((one) => one.toLowerCase());
  if (hashes.length === 0) return null;
  const found = hashes.slice(0, props.limits.checkpoints).map(findSlot);
  return found.length > 1 ? found : [...found, slotOf(otherThan(found[0].sha256 ?? list.checkpoints[0].sha256))];
}

// What to begin with beside a checkpoint: one on the same latents, a baseline first; otherwise any other.
function otherThan(sha256) {
  const others = list.checkpoints.filter((one) => one.sha256 !== sha256);
  const { z_dim, classes, averaged } = checkpointOf(sha256);
  if (averaged !== undefined) return checkpointOf(averaged); // of which it has the weights as last trained
  const comparable = others.filter((one) => one.z_dim === z_dim && one.classes === classes);
  const baseline = (some) => BASELINES.map((name) => some.find((one) => one.name === name)).find(Boolean) ?? some[0];
  return baseline(comparable) ?? baseline(others) ?? checkpointOf(sha256);
}

function defaultSlots() {
  const one = checkpointOf(race.seed.sha256) ?? checkpointOf(list.default) ?? list.checkpoints[0];
  return [slotOf(otherThan(one.sha256)), slotOf(one)];
}

function showSlots() {
  $(".slots").replaceChildren(...slots.map(slotNode));
  $(".add").hidden = slots.length >= props.limits.checkpoints;
  $(".swap").hidden = slots.length !== 2;
  showAbsent();
  showMismatch();
}

function showAbsent() {
  const absent = [...new Set(slots.filter(isAbsent).map((slot) => slot.absent.slice(0, 8)))];
  const said = absent.map((hash) => race.text("error_unknown_checkpoint", { hash }));
  if (unread.length > 0) said.push(race.text("compare_unread", { values: unread.map(shortened).join(", "), count: unread.length }));
  $(".absent").hidden = said.length === 0;
  $(".absent").textContent = said.join(" ");
}

const shortened = (words) => (words.length > 20 ? `${words.slice(0, 20)}…` : words);

function slotNode(slot, index) {
  const select = make("select");
  select.setAttribute("aria-label", race.text("compare_slot", { number: index + 1 }));
  race.fillCheckpoints(select, list, slot.sha256, { raw: true });
  if (slot.absent !== undefined) select.prepend(new Option(race.text("compare_absent", { hash: slot.absent.slice(0, 8) }), "", true, true));
  select.addEventListener("change", () => chooseSlots(slots.with(index, slotOf(checkpointOf(select.value)))));
  const item = make("li", {}, select);
  if (slots.length > 2) {
    const remove = make("button", { type: "button", className: "remove quiet", textContent: "×" });
    remove.setAttribute("aria-label", race.text("compare_remove", { number: index + 1 }));
    remove.addEventListener("click", () => chooseSlots(slots.toSpliced(index, 1)));
    item.append(remove);
  }
  return item;
}

function changeSlots(next) {
  slots = next;
  showSlots();
  showScrubber();
  forgetFacts();
  draw();
}

// Whoever chooses something else has read what was wrong with the link.
function chooseSlots(next) {
  unread = [];
  race.link.dropWrong();
  changeSlots(next);
}

// Put up what is chosen now, and say it in the link.
function draw() {
  race.link.set({ cmp: slots.map((slot) => (slot.shown ?? slot.absent).slice(0, 8)).join(",") });
  if (chosen().length === 0) clearWall();
  if (mode === "matrix") drawMatrix();
  else pump();
}

// Nothing of what is compared is here; what was shown of others is not left standing for it.
function clearWall() {
  wall = null;
  wallNode.replaceChildren();
  $(".curtain").hidden = $(".pair").hidden = $(".guess").hidden = true;
  $(".how").textContent = "";
  $(".lens").close();
}

$(".add").addEventListener("click", () => {
  const fresh = list.checkpoints.filter((one) => slots.every((slot) => slot.sha256 !== one.sha256));
  const comparable = fresh.find((one) => mismatchAmong([...chosenOnes(), one]) === null);
  chooseSlots([...slots, slotOf(comparable ?? fresh[0] ?? list.checkpoints[0])]);
});

$(".swap").addEventListener("click", () => chooseSlots(slots.toReversed()));

// One seed means the same latents only to generators of equal z sizes and equal counts of classes: of those that are
// shown, and of those that are chosen, which may not be drawn yet, or cannot be.
const mismatch = () => mismatchAmong(mode === "matrix" ? rows.flatMap((row) => row.tiles) : wall?.tiles ?? []) ?? mismatchAmong(chosenOnes());
const chosenOnes = () => chosen().map((slot) => checkpointOf(slot.sha256));
function mismatchAmong(shapes) {
  const differ = (of) => new Set(shapes.map(of)).size > 1;
  if (differ((one) => one.z_dim)) return "compare_z_sizes";
  return differ((one) => one.classes) ? "compare_classes" : null;
}

function showMismatch() {
  const code = mismatch();
  $(".mismatch").hidden = code === null;
  $(".mismatch").textContent = code === null ? "" : race.text(code);
}

const RELIEVED = { code: "memory_relieved", values: {} }; // no error, but worth a word, once

// Draw until what was wished last is on the wall; it comes there as a whole, once every picture of it is decoded.
async function pump() {
  if (busy || list === null || !isOpen() || mode === "matrix") return;
  if (race.link.wrong(["seed", "psi"])) return showProblem(race.link.wrong(["seed", "psi"]));
  busy = true;
  wallNode.classList.add("waiting");
  while (isOpen() && !isOnWall(wanted()) && wanted().hashes.length > 0) {
    const wish = wanted();
    const missing = [...new Set(wish.hashes)].filter((sha256) => !pictures.has(keyOf(sha256, wish)));
    let relieved = false;
    if (missing.length > 0) {
      const answer = await race.ask(server.compare_tiles, { checkpoints: missing, seed: wish.seed, psi: wish.psi, visitor });
      if (answer.superseded) continue;
      if (answer.error) {
        if (!isStill(wish)) continue;
        failed(answer.error);
        break;
      }
      answer.tiles.forEach(keepPicture);
      relieved = answer.tiles.some((one) => one.relieved);
    }
    if (isStill(wish)) await present(wish);
    if (relieved && isOnWall(wish)) showProblem(RELIEVED);
  }
  busy = false;
  wallNode.classList.remove("waiting");
}

const isStill = (wish) => JSON.stringify(wish) === JSON.stringify(wanted());

function failed(error) {
  fail(error);
  if (error.code === "error_unknown_checkpoint") refreshList();
  else if (wall !== null && error !== lost) race.setSeed({ seed: wall.seed, psi: wall.psi });
}

race.onAnswering(() => lost !== null && isOpen(), () => {
  const error = lost;
  lost = null;
  if (list === null) return enter();
  if (mode === "matrix" && begun?.cut) return drawRows();
  if (mode !== "matrix" && wanted().hashes.length > 0 && !isOnWall(wanted())) return pump();
  if (problem === error) showProblem(null);
});

function keepPicture({ jpeg, ...facts }) {
  const key = keyOf(facts.sha256, facts);
  if (!pictures.has(key)) pictures.set(key, { ...facts, url: race.jpegUrl(jpeg) });
  const onWall = new Set(wall?.tiles.map((one) => one.url));
  for (const [old, one] of pictures) {
    if (pictures.size <= KEPT_PICTURES) break;
    if (old === key || onWall.has(one.url)) continue;
    pictures.delete(old);
  }
}

async function decoded(url) {
  const image = make("img", { src: url, draggable: false });
  await image.decode();
  return image;
}

// What is said of a tile: the name of its checkpoint, how far it had been trained, the kind of its weights, and the shape
// of its latents.
function described(sha256) {
  for (const one of choices(list)) {
    const step = [one, ...one.steps].find((match) => match.sha256 === sha256);
    if (step) return { name: one.name, images: step.images, weights: one.weights, z_dim: one.z_dim, classes: one.classes };
  }
  return { name: sha256.slice(0, 8), images: null, weights: null };
}

async function present(wish) {
  const tiles = wish.hashes.map((sha256) => ({ ...pictures.get(keyOf(sha256, wish)), ...described(sha256) }));
  const images = await Promise.all(tiles.map((one) => decoded(one.url)));
  if (!isStill(wish)) return;
  const runs = chosen().map((slot) => slot.sha256).join();
  if (order.length !== tiles.length || (blind && wall?.runs !== runs)) arrange(tiles.length);
  wall = { seed: wish.seed, psi: wish.psi, runs, tiles };
  showWall(images);
  for (const sha256 of wish.hashes) race.looked.add({ sha256, seed: wish.seed });
  showProblem(null);
  if (document.activeElement !== field) field.value = wish.seed;
  race.live(race.text("compare_shown", { seed: wish.seed, count: tiles.length }));
  openLinked();
}

// Moving among seeds: the seed is Explore's.
const step = (by) => race.setSeed({ seed: (race.seed.seed + by + LIMIT) % LIMIT });
const randomSeed = () => race.setSeed({ seed: crypto.getRandomValues(new Uint32Array(1))[0] });

$(".previous").addEventListener("click", () => step(-1));
$(".next").addEventListener("click", () => step(1));
$(".random").addEventListener("click", randomSeed);
$(".seed-form").addEventListener("submit", (event) => {
  event.preventDefault();
  const seed = race.parseSeed(field.value);
  if (seed === null) return showProblem({ code: "error_seed", values: { value: field.value } });
  if (wall?.seed === seed) showProblem(null);
  race.setSeed({ seed });
  race.link.dropWrong(); // also where the seed is the same
  pump();
});
document.addEventListener("race:seed", () => {
  if (document.activeElement !== field) field.value = race.seed.seed;
  pump();
});
document.addEventListener("race:gone", () => isOpen() && list !== null && refreshList());

// Put the same tiles up again: another mode, other places, another language.
async function redraw() {
  const now = wall;
  if (now === null) return;
  const images = await Promise.all(now.tiles.map((one) => decoded(one.url)));
  if (wall === now) showWall(images);
}

async function enter() {
  if (!isOpen()) return;
  await refreshList();
  const asked = list && askedSlots();
  if (asked) chooseSlots(asked);
  if (document.activeElement !== field) field.value = race.seed.seed;
  if (mode === "matrix") goOnWithMatrix();
  else pump();
}
