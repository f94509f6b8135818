import { findCheckpoint } from "../shared/checkpoints.js";
import { setUpDialog, showNotice } from "../shared/dom.js";
import * as localFavourites from "../shared/local_favourites.js";
import { page } from "../shared/page_state.js";
import * as shortcuts from "../shared/shortcuts.js";
import * as storage from "../shared/storage.js";
import { openTab, showsTile } from "../shared/tabs.js";
import { alarmTexts, checkpointLabel, onLanguage, setLanguage, textOf } from "../shared/texts.js";
import { $, element, trigger } from "./context.js";
import "./missing_checkpoint.js";
import "./qr_dialog.js";
import { shareLink } from "./share.js";

const tell = () => trigger("language", { language: page.language });

$(".language").addEventListener("click", () => {
  setLanguage(page.language === "ja" ? "en" : "ja").then(tell, () => showNotice(textOf("error_connection")));
});

// Light or dark: as the system says, until somebody chooses otherwise.
const system = matchMedia("(prefers-color-scheme: dark)");
const isDark = () => document.body.classList.contains("dark");
function showTheme() {
  const chosen = storage.read("theme");
  document.body.classList.toggle("dark", ["dark", "light"].includes(chosen) ? chosen === "dark" : system.matches);
  $(".theme").setAttribute("aria-label", textOf(isDark() ? "theme_light" : "theme_dark"));
}
$(".theme").addEventListener("click", () => {
  const next = isDark() ? "light" : "dark";
  storage.write("theme", (next === "dark") === system.matches ? null : next);
  showTheme();
});
system.addEventListener("change", () => setTimeout(showTheme));

// --- the checkpoint, the connection, the favourites ------------------------------------------------------------------

let alive = true;

// The chip names what the open tab shows: Explore's tile, which comes a moment after the request, or what all tabs look at.
function showChip() {
  const { shown } = page;
  const { sha256 } = (showsTile() ? shown : page.seed) ?? page.seed;
  const checkpoint = sha256 && page.list ? findCheckpoint(page.list, sha256) : undefined;
  const alarms = alarmTexts(checkpoint);
  const named = checkpoint ?? (shown?.sha256 === sha256 ? shown : null);
  $(".chip-text").textContent =
    page.tab === "compare" // whose first row names them
      ? textOf("checkpoints")
      : named === null
        ? (sha256?.slice(0, 8) ?? textOf("checkpoints"))
        : checkpointLabel(named);
  $(".chip").title = textOf("checkpoints");
  $(".alarm").hidden = alarms.length === 0;
  $(".alarm").title = alarms.join("\n");
  $(".alarm").setAttribute("aria-label", textOf("alarms_label", { alarms: alarms.join("; ") }));
}

// With nothing to show, an untrained generator stands in; whatever tab is open, this is said.
function showUntrained() {
  const folder = page.list?.untrained ?? null;
  $(".untrained").hidden = folder === null;
  $(".untrained-text").textContent = textOf("untrained", { folder });
}
document.addEventListener("race:list", showUntrained);

function showHealth() {
  const words = textOf(alive ? "alive" : "gone");
  $(".health").classList.toggle("gone", !alive);
  $(".health").setAttribute("aria-label", words);
  $(".health").title = words;
}

function showCount() {
  const count = localFavourites.all().length;
  $(".count").textContent = count;
  $(".open-favourites").setAttribute("aria-label", textOf("favourites_count", { count }));
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
let fading = 0;
document.addEventListener("race:say", ({ detail: words }) => {
  $(".said-here").hidden = false;
  $(".said-here").textContent = words;
  clearTimeout(fading);
  fading = window.setTimeout(() => ($(".said-here").hidden = true), SAID_MILLISECONDS);
});

document.addEventListener("race:unkept", ({ detail }) =>
  showNotice(detail.map((kind) => textOf(`${kind}_unkept`)).join(" ")),
);

// --- a checkpoint that went while it was looked at -----------------------------------------------------------------------

/** @type {{ name: string, now: string } | null} what went, and what is shown in its place */
let left = null;
/** @param {{ name: string, now: string } | null} next */
function showLeft(next) {
  left = next;
  $(".left").hidden = left === null;
  $(".left-words").textContent = left === null ? "" : textOf("checkpoint_gone", left);
}
document.addEventListener("race:left", (event) => showLeft(event.detail));
$(".close-left").addEventListener("click", () => showLeft(null));

// --- the keyboard --------------------------------------------------------------------------------------------------------

const help = $(".shortcuts");
function showShortcuts() {
  $(".key-lists").replaceChildren(...shortcuts.list().map(keyList));
  help.showModal();
}

/** @param {{ title: string, keys: { code: string, names: string[] }[] }} scope */
function keyList({ title, keys }) {
  const section = document.createElement("section");
  const heading = Object.assign(document.createElement("h3"), { textContent: textOf(title) });
  const rows = document.createElement("dl");
  for (const { code, names } of keys) {
    const term = document.createElement("dt");
    term.append(...names.map((name) => Object.assign(document.createElement("kbd"), { textContent: name })));
    rows.append(term, Object.assign(document.createElement("dd"), { textContent: textOf(code) }));
  }
  section.append(heading, rows);
  return section;
}

setUpDialog(help, showShortcuts);
$(".help").addEventListener("click", showShortcuts);
shortcuts.register("", {
  shortcuts: showShortcuts,
  copy_link: shareLink,
  tab_export: () => openTab("export"),
  favourites: openFavourites,
  checkpoints: openCheckpoints,
  tab_compare: () => openTab("compare"),
});
// Gradio's menu of the tabs that do not fit, which it names in English only.
function nameMenu() {
  document.querySelector("#race-tabs .overflow-menu > button")?.setAttribute("aria-label", textOf("more_tabs"));
}
for (const name of ["race:list", "race:tab"]) document.addEventListener(name, nameMenu);
document.addEventListener("race:open-tab", (event) => trigger("open_tab", { tab: event.detail }));

onLanguage(element, () => {
  nameMenu();
  showLeft(left);
  showUntrained();
  showTheme();
  showChip();
  showHealth();
  showCount();
});
if (page.language !== (navigator.language.startsWith("ja") ? "ja" : "en")) tell();
