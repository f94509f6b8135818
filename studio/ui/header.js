const race = window.ganRace;
const tell = () => trigger("language", { language: race.language });

element.querySelector(".language").addEventListener("click", () => {
  race.setLanguage(race.language === "ja" ? "en" : "ja");
  tell();
});
race.onLanguage(element, () => {});
if (race.language !== (navigator.language.startsWith("ja") ? "ja" : "en")) tell();
