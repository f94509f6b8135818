const race = window.ganRace;
const { make } = race;
const $ = (selector) => element.querySelector(selector);
const dialog = $("dialog.checkpoints");
const search = $(".search");
const { visitor } = race;
const MOST_RECENT = 8;
const MOST_CHIPS = 8;

const listed = () => race.list?.checkpoints ?? [];
const words = (value) => (typeof value === "string" ? value : "");

// --- what is chosen ------------------------------------------------------------------------------------------------------

function choose(sha256) {
  dialog.close();
  race.openSeed({ ...race.seed, sha256 });
}

// The checkpoints that were used last, the newest first; what the browser holds is checked.
function recent() {
  const kept = race.keep.read("recent");
  return (Array.isArray(kept) ? kept : []).filter((one) => typeof one === "string" && /^[0-9a-f]{64}$/.test(one)).slice(0, MOST_RECENT);
}

function remember() {
  const sha256 = race.shown?.sha256;
  const kept = recent();
  if (sha256 && kept[0] !== sha256) race.keep.write("recent", [sha256, ...kept.filter((one) => one !== sha256)].slice(0, MOST_RECENT));
  if (dialog.open) show();
}
document.addEventListener("ganrace:shown", remember);
remember();

// --- rows ------------------------------------------------------------------------------------------------------------------

const plain = (text) => text.normalize("NFKC").toLowerCase().replace(/[_\-\s]+/g, " ");
const saidOf = (one) => plain([one.name, words(one.recipe?.text), words(race.named(one.recipe)), ...one.tricks, one.sha256, words(one.raw)].join(" "));

// Every word that is typed must be somewhere in the name, the recipe's sentence, the tricks or the hash.
function found() {
  const wanted = plain(search.value).trim().split(" ").filter(Boolean);
  return listed().filter((one) => wanted.every((word) => saidOf(one).includes(word)));
}

function alarmSign(one) {
  const alarms = race.alarms(one);
  if (alarms.length === 0) return [];
  const label = race.text("alarms_label", { alarms: alarms.join("; ") });
  const sign = make("span", { className: "alarm", textContent: "⚠", title: alarms.join("\n") });
  sign.setAttribute("role", "img");
  sign.setAttribute("aria-label", label);
  return [sign];
}

function chips(terms) {
  const shown = terms.slice(0, MOST_CHIPS).map((term) => make("span", { className: "trick", textContent: term }));
  const rest = terms.slice(MOST_CHIPS);
  if (rest.length > 0) shown.push(make("span", { className: "trick", textContent: race.text("checkpoints_more", { count: rest.length }), title: rest.join(", ") }));
  return make("span", { className: "tricks", lang: "en" }, ...shown);
}

function facts(one) {
  const images = Number.isFinite(one.images) ? [race.text("checkpoints_images", { images: one.images.toLocaleString(race.language) })] : [];
  return [...images, one.sha256.slice(0, 8)].join(" · ");
}

function row(one) {
  const picture = make("img", { alt: "", width: 64, height: 64 });
  if (drawn.has(one.sha256)) picture.src = drawn.get(one.sha256);
  const title = make("span", { className: "name" }, make("strong", { textContent: one.name }), ...alarmSign(one));
  if (one.added) title.append(" ", make("span", { className: "trick own", textContent: race.text("checkpoints_added") }));
  const body = make("span", { className: "body" }, title, make("span", { className: "facts-line", textContent: facts(one) }), chips(one.tricks));
  const button = make("button", { type: "button", className: "row-button", title: words(race.named(one.recipe)) }, picture, body);
  button.dataset.sha256 = one.sha256;
  button.setAttribute("aria-current", String([one.sha256, one.raw].includes(race.shown?.sha256 ?? "")));
  button.addEventListener("click", () => choose(one.sha256));
  watcher.observe(button);
  return make("li", {}, button, ...removal(one));
}

function recentChip(one) {
  const button = make("button", { type: "button", className: "recent-button", textContent: `${one.name} · ${one.sha256.slice(0, 8)}` });
  button.setAttribute("aria-current", String(one.sha256 === race.shown?.sha256));
  button.addEventListener("click", () => choose(one.sha256));
  return make("li", {}, button);
}

function broken({ name, reason, added }) {
  const sign = make("span", { className: "cross", textContent: "✕ " });
  sign.setAttribute("aria-hidden", "true");
  const chip = make("span", { className: "broken", title: race.text("checkpoints_problem", { name }) }, sign, name);
  const said = make("span", { className: "why", textContent: race.text(reason.code, reason.values) });
  const row = make("li", {}, chip, said, ...removal({ sha256: added, name, added }));
  row.dataset.added = added ?? "";
  return row;
}

function showRows() {
  const [rows, all] = [found(), listed()];
  watcher.disconnect();
  $(".rows").replaceChildren(...rows.map(row));
  $(".found").textContent = rows.length === all.length ? all.length : race.text("checkpoints_found", { count: rows.length, all: all.length });
  $(".none").hidden = rows.length > 0;
  $(".none").textContent = race.text("checkpoints_none", { words: search.value.trim() });
}

const listNow = () => JSON.stringify([race.list, [...race.own]]);
let listShown = null; // a row must not be exchanged under a finger because the same list has come again
function show() {
  listShown = listNow();
  const focused = dialog.contains(document.activeElement) ? document.activeElement.dataset.sha256 : undefined;
  showRows();
  const used = recent().map((sha256) => race.list && race.find(race.list, sha256)).filter(Boolean);
  $(".recent").hidden = used.length === 0 || search.value.trim() !== "";
  $(".recent-list").replaceChildren(...used.map(recentChip));
  const problems = race.list?.problems ?? [];
  $(".damaged").hidden = problems.length === 0;
  $(".broken-list").replaceChildren(...problems.map(broken));
  if (focused) buttonOf(focused)?.focus();
}

const rowOf = (sha256) => buttonOf(sha256)?.closest("li") ?? dialog.querySelector(`.broken-list li[data-added="${sha256}"]`);
const buttonOf = (sha256) => dialog.querySelector(`.row-button[data-sha256="${sha256}"]`);

// --- small pictures: those in view, one after the other --------------------------------------------------------------------

const drawn = new Map(); // sha256 -> the address of its picture, or "" where there is none
const inView = new Set();
const watcher = new IntersectionObserver((changes) => {
  for (const { target, isIntersecting } of changes) inView[isIntersecting ? "add" : "delete"](target.dataset.sha256);
  drawMissing();
});

let drawing = false;
async function drawMissing() {
  if (drawing) return;
  drawing = true;
  const missing = () => [...inView].find((sha256) => !drawn.has(sha256) && buttonOf(sha256));
  for (let next = missing(); dialog.open && next; next = missing()) {
    const answer = await race.ask(server.preview, { sha256: next, visitor });
    drawn.set(next, answer.jpeg ? race.jpegUrl(answer.jpeg) : "");
    if (answer.jpeg && buttonOf(next)) buttonOf(next).querySelector("img").src = drawn.get(next);
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
  const places = [search, ...dialog.querySelectorAll(".row-button")];
  const place = places.indexOf(document.activeElement);
  if (by === undefined || place < 0) return;
  event.preventDefault();
  places[Math.min(Math.max(place + by, 0), places.length - 1)].focus();
});

// --- opening -----------------------------------------------------------------------------------------------------------------

race.giveListing(server.list_checkpoints);

race.dialog(dialog);
document.addEventListener("race:open-checkpoints", () => {
  search.value = "";
  doubted = null;
  sayRemoved(null);
  dialog.showModal();
  if (matchMedia("(pointer: fine)").matches) search.focus(); // a phone would cover half the list with its keyboard
  show();
  race.refreshList();
});
document.addEventListener("race:list", () => dialog.open && listNow() !== listShown && show());
race.onLanguage(element, () => dialog.open && show());
