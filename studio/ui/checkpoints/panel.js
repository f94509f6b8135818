// The list of checkpoints: its rows, their small pictures, and the keyboard.

import { callServer } from "../shared/api.js";
import { findCheckpoint, ownName } from "../shared/checkpoints.js";
import { focusedElement, jpegUrl, make, setUpDialog } from "../shared/dom.js";
import { giveListing, refreshList } from "../shared/listing.js";
import { findersIn } from "../shared/mount.js";
import { page } from "../shared/page_state.js";
import * as storage from "../shared/storage.js";
import { openCompare, openSeed } from "../shared/tabs.js";
import { alarmTexts, nameText, namedText, onLanguage, textOf } from "../shared/texts.js";
import { visitor } from "../shared/visitor.js";
import { $, buttonOf, dialog, element, rowsChanged, search, server, state } from "./context.js";
import { removal, sayRemoved } from "./remove.js";
import { ORDERS, distanceOf, mainNetwork, sorted } from "./sorting.js";
import { forgetAdded, goToAdding } from "./upload.js";

/** @import { Checkpoint, CheckpointProblem } from "../shared/types.d.ts" */

const MOST_RECENT = 8;
const MOST_CHIPS = 8;

const listed = () => page.list?.checkpoints ?? [];
/** @param {unknown} value */
const words = (value) => (typeof value === "string" ? value : "");

// --- what is chosen ------------------------------------------------------------------------------------------------------

/** @param {string} sha256 */
function choose(sha256) {
  dialog.close();
  openSeed({ ...page.seed, sha256 });
}

/**
 * What is looked at comes first in Compare; by itself it has no other, which Compare finds.
 * @param {string} sha256
 */
function compareWith(sha256) {
  dialog.close();
  openCompare([...new Set([page.seed.sha256 ?? sha256, sha256])]);
}

const sort = $(".sort");
const KEPT_ORDER = "checkpoint_order";
const keptOrder = storage.read(KEPT_ORDER);
sort.value = ORDERS.includes(keptOrder) ? keptOrder : ORDERS[0];
sort.addEventListener("change", () => {
  storage.write(KEPT_ORDER, sort.value);
  show();
});

// The checkpoints that were used last, the newest first; what the browser holds is checked.
function recent() {
  const kept = storage.read("recent");
  return (Array.isArray(kept) ? kept : [])
    .filter((one) => typeof one === "string" && /^[0-9a-f]{64}$/.test(one))
    .slice(0, MOST_RECENT);
}

let orderOfUse = recent(); // as the dialog was opened: a row must not move under a finger

function remember() {
  const sha256 = page.shown?.sha256;
  const kept = recent();
  if (sha256 && kept[0] !== sha256) {
    storage.write("recent", [sha256, ...kept.filter((one) => one !== sha256)].slice(0, MOST_RECENT));
  }
  if (dialog.open) show();
}
document.addEventListener("ganrace:shown", remember);
remember();

// --- rows ------------------------------------------------------------------------------------------------------------------

/** @param {string} text */
const plain = (text) =>
  text
    .normalize("NFKC")
    .toLowerCase()
    .replace(/[_\-\s]+/g, " ");
/** @param {Checkpoint} one */
const saidOf = (one) =>
  plain(
    [one.name, words(one.recipe?.text), words(namedText(one.recipe)), ...one.tricks, one.sha256, words(one.raw)].join(
      " ",
    ),
  );

// Every word that is typed must be somewhere in the name, the recipe's sentence, the tricks or the hash.
function found() {
  const wanted = plain(search.value).trim().split(" ").filter(Boolean);
  const all = sorted(listed(), sort.value, orderOfUse);
  return all.filter((one) => wanted.every((/** @type {string} */ word) => saidOf(one).includes(word)));
}

/** @param {Checkpoint} one */
function alarmSign(one) {
  const alarms = alarmTexts(one);
  if (alarms.length === 0) return [];
  const label = textOf("alarms_label", { alarms: alarms.join("; ") });
  const sign = make("span", { className: "alarm", textContent: "⚠", title: alarms.join("\n") });
  sign.setAttribute("role", "img");
  sign.setAttribute("aria-label", label);
  return [sign];
}

/** @param {string[]} terms */
function chips(terms) {
  const shown = terms.slice(0, MOST_CHIPS).map((term) => make("span", { className: "trick", textContent: term }));
  const rest = terms.slice(MOST_CHIPS);
  if (rest.length > 0) {
    shown.push(
      make("span", {
        className: "trick",
        textContent: textOf("checkpoints_more", { count: rest.length }),
        title: rest.join(", "),
      }),
    );
  }
  return make("span", { className: "tricks", lang: "en" }, ...shown);
}

/** @param {Checkpoint} one */
function facts(one) {
  const { images: seen, saved = 0 } = one;
  const images = seen === null ? [] : [textOf("checkpoints_images", { images: seen.toLocaleString(page.language) })];
  return make(
    "span",
    { className: "facts-line" },
    [...images, one.sha256.slice(0, 8)].join(" · "),
    ...(saved > 0 ? [` · ${dateText(saved)}`] : []),
    ...kidNodes(one),
  );
}

/** @param {number} seconds */
const dateText = (seconds) => new Date(seconds * 1000).toLocaleDateString(page.language, { dateStyle: "medium" });

/**
 * A number of another network than the list goes by names it.
 * @param {Checkpoint} one
 */
function kidNodes(one) {
  const main = mainNetwork(listed());
  const distance = distanceOf(one, main);
  if (distance === undefined) return [];
  const network = namedText(distance.network) ?? textOf("about_scores_unnamed");
  const isOther = (distance.network?.text ?? "") !== main;
  const key = isOther ? "checkpoints_kid_other" : distance.few ? "checkpoints_kid_few" : "checkpoints_kid";
  const kid = distance.kid.toLocaleString(page.language, { maximumSignificantDigits: 3 });
  const title = textOf("checkpoints_kid_title", { network });
  return [" · ", make("span", { className: "kid", title, textContent: textOf(key, { kid, network }) })];
}

/**
 * @param {string} className
 * @param {string} key
 * @param {string} label
 * @param {Checkpoint} one
 * @param {(sha256: string) => void} act
 */
function action(className, key, label, one, act) {
  const button = make("button", { type: "button", className, textContent: textOf(key) });
  button.setAttribute("aria-label", textOf(label, one));
  button.addEventListener("click", () => act(one.sha256));
  return button;
}

/** @param {Checkpoint} one */
function row(one) {
  const picture = make("img", { alt: "", width: 64, height: 64 });
  const address = drawn.get(one.sha256);
  if (address !== undefined) picture.src = address;
  const title = make("span", { className: "name" }, make("strong", { textContent: ownName(one) }), ...alarmSign(one));
  if (one.added) title.append(" ", make("span", { className: "trick own", textContent: textOf("checkpoints_added") }));
  const body = make("span", { className: "body" }, title, facts(one), chips(one.tricks));
  const button = make(
    "button",
    { type: "button", className: "row-button", title: words(namedText(one.recipe)) },
    picture,
    body,
  );
  button.dataset.sha256 = one.sha256;
  button.setAttribute("aria-current", String([one.sha256, one.raw].includes(page.shown?.sha256 ?? "")));
  button.addEventListener("click", () => choose(one.sha256));
  watcher.observe(button);
  const actions = make(
    "div",
    { className: "row-actions" },
    action("look-at", "checkpoints_look", "checkpoints_look_at", one, choose),
    action("compare-with", "checkpoints_compare", "checkpoints_compare_with", one, compareWith),
  );
  return make("li", {}, button, actions, ...removal(one));
}

/** @param {Checkpoint} one */
function recentChip(one) {
  const button = make("button", {
    type: "button",
    className: "recent-button",
    textContent: `${nameText(one.name)} · ${one.sha256.slice(0, 8)}`,
  });
  button.setAttribute("aria-current", String(one.sha256 === page.shown?.sha256));
  button.addEventListener("click", () => choose(one.sha256));
  return make("li", {}, button);
}

/** @param {CheckpointProblem} problem */
function broken({ name, reason, added }) {
  const sign = make("span", { className: "cross", textContent: "✕ " });
  sign.setAttribute("aria-hidden", "true");
  const chip = make(
    "span",
    { className: "broken", title: textOf("checkpoints_problem", { name }) },
    sign,
    nameText(name),
  );
  const said = make("span", { className: "why", textContent: textOf(reason.code, reason.values) });
  const item = make("li", {}, chip, said, ...removal({ sha256: added, name, added }));
  item.dataset.added = added ?? "";
  return item;
}

function showRows() {
  const [rows, all] = [found(), listed()];
  watcher.disconnect();
  $(".rows").replaceChildren(...rows.map(row));
  $(".found").textContent =
    rows.length === all.length ? all.length : textOf("checkpoints_found", { count: rows.length, all: all.length });
  $(".none").hidden = rows.length > 0;
  $(".none").textContent = textOf("checkpoints_none", { words: search.value.trim() });
}

const listNow = () => JSON.stringify([page.list, [...page.own]]);
let listShown = ""; // a row must not be exchanged under a finger because the same list has come again
function show() {
  listShown = listNow();
  const focused = dialog.contains(document.activeElement) ? focusedElement()?.dataset.sha256 : undefined;
  showRows();
  const { list } = page;
  const used = recent()
    .map((sha256) => (list ? findCheckpoint(list, sha256) : undefined))
    .filter((one) => one !== undefined);
  $(".recent").hidden = used.length === 0 || search.value.trim() !== "";
  $(".recent-list").replaceChildren(...used.map(recentChip));
  const problems = page.list?.problems ?? [];
  $(".damaged").hidden = problems.length === 0;
  $(".broken-list").replaceChildren(...problems.map(broken));
  if (focused) buttonOf(focused)?.focus();
}

// --- small pictures: those in view, one after the other --------------------------------------------------------------------

/** @type {Map<string, string>} by hash: the address of its picture, or "" where there is none */
const drawn = new Map();
/** @type {Set<string>} hashes */
const inView = new Set();
const watcher = new IntersectionObserver((changes) => {
  for (const { target, isIntersecting } of changes) {
    const { sha256 = "" } = /** @type {HTMLElement} */ (target).dataset;
    if (isIntersecting) inView.add(sha256);
    else inView.delete(sha256);
  }
  drawMissing();
});

let drawing = false;
async function drawMissing() {
  if (drawing) return;
  drawing = true;
  const missing = () => [...inView].find((sha256) => !drawn.has(sha256) && buttonOf(sha256));
  for (let next = missing(); dialog.open && next; next = missing()) {
    const answer = await callServer(server.preview, { sha256: next, visitor });
    const address = answer.jpeg ? jpegUrl(answer.jpeg) : "";
    drawn.set(next, address);
    const picture = buttonOf(next)?.querySelector("img");
    if (address && picture) picture.src = address;
  }
  drawing = false;
}

// --- the keyboard ------------------------------------------------------------------------------------------------------------

search.addEventListener("input", show);
search.addEventListener("keydown", (event) => {
  const [first] = found();
  if (event.key === "Enter" && !event.isComposing && first) choose(first.sha256);
});
dialog.addEventListener("keydown", (event) => {
  const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
  const places = [search, ...findersIn(dialog)(".row-button")];
  const place = places.indexOf(focusedElement());
  if (by === undefined || place < 0) return;
  event.preventDefault();
  places[Math.min(Math.max(place + by, 0), places.length - 1)].focus();
});

// --- opening -----------------------------------------------------------------------------------------------------------------

giveListing(server.list_checkpoints);

/** @param {{ isAdding?: boolean, wanted?: string, search?: string } | null} asked */
function openPanel(asked) {
  const { isAdding = false, wanted = "", search: typed = "" } = asked ?? {};
  search.value = typed;
  orderOfUse = recent();
  state.doubted = null;
  sayRemoved(null);
  forgetAdded(wanted);
  if (!dialog.open) dialog.showModal();
  if (matchMedia("(pointer: fine)").matches) search.focus(); // a phone would cover half the list with its keyboard
  show();
  if (isAdding) goToAdding();
  refreshList();
}
rowsChanged.listen(show);
setUpDialog(dialog, () => openPanel(null));
document.addEventListener("race:open-checkpoints", ({ detail }) => openPanel(detail));
document.addEventListener("race:list", () => dialog.open && listNow() !== listShown && show());
onLanguage(element, () => dialog.open && show());
