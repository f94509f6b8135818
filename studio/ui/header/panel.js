const race = window.ganRace;
const $ = (selector) => element.querySelector(selector);
const tell = () => trigger("language", { language: race.language });

$(".language").addEventListener("click", () => {
  race.setLanguage(race.language === "ja" ? "en" : "ja");
  tell();
});

// Light or dark: as the system says, until somebody chooses otherwise.
const system = matchMedia("(prefers-color-scheme: dark)");
const isDark = () => document.body.classList.contains("dark");
function showTheme() {
  const chosen = race.keep.read("theme");
  document.body.classList.toggle("dark", ["dark", "light"].includes(chosen) ? chosen === "dark" : system.matches);
  $(".theme").setAttribute("aria-label", race.text(isDark() ? "theme_light" : "theme_dark"));
}
$(".theme").addEventListener("click", () => {
  const next = isDark() ? "light" : "dark";
  race.keep.write("theme", (next === "dark") === system.matches ? null : next);
  showTheme();
});
system.addEventListener("change", () => setTimeout(showTheme));

// --- the checkpoint, the connection, the favourites ------------------------------------------------------------------

let alive = true;

// The chip names what the open tab shows: Explore's tile, which comes a moment after the wish, or what all tabs look at.
function showChip() {
  const { shown } = race;
  const { sha256 } = (race.showsTile() ? shown : race.seed) ?? race.seed;
  const checkpoint = sha256 && race.list ? race.find(race.list, sha256) : undefined;
  const alarms = race.alarms(checkpoint);
  const named = checkpoint ?? (shown?.sha256 === sha256 ? shown : null);
  $(".chip-text").textContent = named === null ? sha256?.slice(0, 8) ?? race.text("checkpoints") : race.label(named);
  $(".chip").title = race.text("checkpoints");
  $(".alarm").hidden = alarms.length === 0;
  $(".alarm").title = alarms.join("\n");
  $(".alarm").setAttribute("aria-label", race.text("alarms_label", { alarms: alarms.join("; ") }));
}

// With nothing to show, an untrained generator stands in; whatever tab is open, this is said.
function showUntrained() {
  const folder = race.list?.untrained ?? null;
  $(".untrained").hidden = folder === null;
  $(".untrained-text").textContent = race.text("untrained", { folder });
}
document.addEventListener("race:list", showUntrained);

function showHealth() {
  const words = race.text(alive ? "alive" : "gone");
  $(".health").classList.toggle("gone", !alive);
  $(".health").setAttribute("aria-label", words);
  $(".health").title = words;
}

function showCount() {
  const count = race.favourites.all().length;
  $(".count").textContent = count;
  $(".open-favourites").setAttribute("aria-label", race.text("favourites_count", { count }));
}

for (const name of ["race:list", "race:seed", "race:tab", "ganrace:shown"]) document.addEventListener(name, showChip);
document.addEventListener("race:favourites", showCount);
document.addEventListener("race:alive", (event) => {
  alive = event.detail;
  showHealth();
});
const openFavourites = () => document.dispatchEvent(new CustomEvent("race:open-favourites"));
$(".open-favourites").addEventListener("click", openFavourites);
const openCheckpoints = () => document.dispatchEvent(new CustomEvent("race:open-checkpoints"));
$(".chip").addEventListener("click", openCheckpoints);

// --- what is said for a while --------------------------------------------------------------------------------------------

const SAID_MILLISECONDS = 6000;
let fading = null;
document.addEventListener("race:say", ({ detail: words }) => {
  $(".said-here").hidden = false;
  $(".said-here").textContent = words;
  clearTimeout(fading);
  fading = setTimeout(() => ($(".said-here").hidden = true), SAID_MILLISECONDS);
});

// --- the link ----------------------------------------------------------------------------------------------------------

async function copyLink() {
  const link = race.link.whole();
  let words = race.text("copied");
  try {
    await navigator.clipboard.writeText(link);
  } catch {
    words = race.text("copy_by_hand", { link });
  }
  race.say(words);
}
$(".copy").addEventListener("click", copyLink);

// --- a checkpoint that went while it was looked at -----------------------------------------------------------------------

let left = null; // {name, now}: what went, and what is shown in its place
function showLeft(next) {
  left = next;
  $(".left").hidden = left === null;
  $(".left-words").textContent = left === null ? "" : race.text("checkpoint_gone", left);
}
document.addEventListener("race:left", (event) => showLeft(event.detail));
$(".close-left").addEventListener("click", () => showLeft(null));

// --- the keyboard --------------------------------------------------------------------------------------------------------

const shortcuts = $(".shortcuts");
function showShortcuts() {
  $(".key-lists").replaceChildren(...race.keys.list().map(keyList));
  shortcuts.showModal();
}

function keyList({ title, keys }) {
  const section = document.createElement("section");
  const heading = Object.assign(document.createElement("h3"), { textContent: race.text(title) });
  const rows = document.createElement("dl");
  for (const { code, names } of keys) {
    const term = document.createElement("dt");
    term.append(...names.map((name) => Object.assign(document.createElement("kbd"), { textContent: name })));
    rows.append(term, Object.assign(document.createElement("dd"), { textContent: race.text(code) }));
  }
  section.append(heading, rows);
  return section;
}

race.dialog(shortcuts);
$(".help").addEventListener("click", showShortcuts);
race.keys.register("", {
  shortcuts: showShortcuts,
  copy_link: copyLink,
  tab_export: () => race.openTab("export"),
  favourites: openFavourites,
  checkpoints: openCheckpoints,
  tab_compare: () => race.openTab("compare"),
});
// Gradio's menu of the tabs that do not fit, which it names in English only.
function nameMenu() {
  document.querySelector("#race-tabs .overflow-menu > button")?.setAttribute("aria-label", race.text("more_tabs"));
}
for (const name of ["race:list", "race:tab"]) document.addEventListener(name, nameMenu);
document.addEventListener("race:open-tab", (event) => trigger("open_tab", { tab: event.detail }));

race.onLanguage(element, () => {
  nameMenu();
  showLeft(left);
  showUntrained();
  showTheme();
  showChip();
  showHealth();
  showCount();
});
if (race.language !== (navigator.language.startsWith("ja") ? "ja" : "en")) tell();
