// The seed of the tile, for the clipboard; where there is none, it is selected, to be copied by hand. And whether the tile
// may be handed in.
const COPIED_MILLISECONDS = 2000;
const copyButton = $(".copy-seed");

async function copySeed() {
  const { seed } = race.shown ?? race.seed;
  try {
    await navigator.clipboard.writeText(String(seed));
  } catch {
    field.value = seed;
    field.select();
    return race.live(race.text("seed_by_hand"));
  }
  race.live(race.text("seed_copied", { seed }));
  copyButton.classList.add("copied-seed");
  setTimeout(() => copyButton.classList.remove("copied-seed"), COPIED_MILLISECONDS);
}
copyButton.addEventListener("click", copySeed);
race.legalBadge($(".legal"));
