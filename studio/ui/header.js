const race = window.ganRace;
const $ = (selector) => element.querySelector(selector);
const tell = () => trigger("language", { language: race.language });

$(".language").addEventListener("click", () => {
  race.setLanguage(race.language === "ja" ? "en" : "ja");
  tell();
});

async function copyLink() {
  const link = race.link.whole();
  try {
    await navigator.clipboard.writeText(link);
    $(".copy").textContent = race.text("copied");
  } catch {
    $(".copy").textContent = race.text("copy_by_hand", { link });
  }
  race.live($(".copy").textContent);
  setTimeout(() => ($(".copy").textContent = race.text("copy_link")), 4000);
}
$(".copy").addEventListener("click", copyLink);

const shortcuts = $(".shortcuts");
function showShortcuts() {
  $(".key-lists").replaceChildren(...race.keys.list().map(keyList));
  shortcuts.showModal();
}

function keyList({ tab, keys }) {
  const section = document.createElement("section");
  const title = Object.assign(document.createElement("h3"), { textContent: race.text(tab ? `tab_${tab}` : "everywhere") });
  const rows = document.createElement("dl");
  for (const { code, names } of keys) {
    const term = document.createElement("dt");
    term.append(...names.map((name) => Object.assign(document.createElement("kbd"), { textContent: name })));
    rows.append(term, Object.assign(document.createElement("dd"), { textContent: race.text(code) }));
  }
  section.append(title, rows);
  return section;
}

$(".help").addEventListener("click", showShortcuts);
for (const dialog of element.querySelectorAll("dialog")) {
  dialog.querySelector(".close").addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
}

race.keys.register("", {
  "?": ["shortcuts", showShortcuts],
  l: ["copy_link", copyLink],
  e: ["tab_export", () => race.openTab("export")],
});
document.addEventListener("race:open-tab", (event) => trigger("open_tab", { tab: event.detail }));

race.onLanguage(element, () => {});
if (race.language !== (navigator.language.startsWith("ja") ? "ja" : "en")) tell();
