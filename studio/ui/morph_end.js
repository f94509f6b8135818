// The checkpoint, and what its generator has.
async function choose(sha256) {
  state.sha256 = sha256;
  state.amounts = Array(AMOUNTS).fill(0);
  state.mix = null;
  styles = 0;
  changed();
  const answer = await race.ask(server.morph_about, { sha256 });
  if (sha256 !== state.sha256) return;
  if (answer.error) return showProblem(answer.error);
  styles = answer.styles;
  fillOptions($(".mix-from"), [...Array(styles).keys()], Math.floor(styles / 2), (index) => race.text("morph_style_from", { number: index + 1, count: styles }));
  showControls();
}

$(".morph-checkpoint").addEventListener("change", () => choose($(".morph-checkpoint").value));
$(".morph-checkpoint").addEventListener("focus", async () => {
  const answer = await race.ask(server.morph_list, {});
  if (answer.error) return;
  list = answer;
  race.fillCheckpoints($(".morph-checkpoint"), list, state.sha256);
});

// On every opening the first seed is the one that Explore shows; the second is the next favourite.
let taken = null;
function takeSeed() {
  if (race.tab !== "morph" || race.seed === taken || !element.isConnected) return;
  const fresh = taken === null || taken.sha256 === null; // Explore may not have read the link yet
  taken = race.seed;
  const sha256 = race.seed.sha256 ?? list.default;
  const { seed } = race.seed;
  const known = race.find(list, sha256)?.sha256 ?? list.default;
  if (fresh || known !== state.sha256) state.stops = [];
  state.pair = [seed, fresh || state.pair[1] === seed ? nextFavourite(known, seed) : state.pair[1]];
  if (fresh) state.corners = [0, 1, 2, 3].map((step) => (seed + step) % 2 ** 32);
  state.psi = race.seed.psi ?? 1;
  if (state.mode === "walk" && state.stops.length === 0) state.stops = firstStops();
  race.fillCheckpoints($(".morph-checkpoint"), list, known);
  showSeeds();
  if (known === state.sha256) changed();
  else choose(known);
  showFavourites();
}

function nextFavourite(sha256, seed) {
  const others = race.favourites.all().filter((one) => one.sha256 === sha256 && one.seed !== seed).map((one) => one.seed);
  return others.find((other) => other > seed) ?? others[0] ?? (seed + 1) % 2 ** 32;
}

document.addEventListener("race:tab", () => (race.tab === "morph" ? takeSeed() : stopPlaying()));
document.addEventListener("race:seed", takeSeed);
document.addEventListener("race:list", () => {
  list = race.list;
  if (document.activeElement !== $(".morph-checkpoint")) race.fillCheckpoints($(".morph-checkpoint"), list, state.sha256);
});
document.addEventListener("race:gone", () => {
  list = race.list;
  if (!race.gone.has(state.sha256)) return;
  taken = null; // as if Morph had just been opened
  takeSeed();
});
document.addEventListener("race:favourites", showFavourites);
$(".no-data").hidden = props.copies;

race.onLanguage(element, () => {
  race.fillCheckpoints($(".morph-checkpoint"), list, state.sha256);
  showFilmOptions();
  showSeeds();
  showControls();
  showWords();
  lens.showWords();
  showFilm();
  showProblem(problem);
});
takeSeed();
