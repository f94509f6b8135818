// The checkpoint, and what its generator has. What is done to a place is undone: to another generator it is something else.
function choose(sha256, { amounts = Array(AMOUNTS).fill(0), mix = null } = {}) {
  Object.assign(state, { sha256, amounts, mix });
  fillStyles();
  follow();
  learn(sha256);
}

async function learn(sha256) {
  const answer = await race.ask(server.morph_about, { sha256 });
  if (sha256 !== state.sha256) return;
  if (answer.error) return fail(answer.error);
  stylesOf.set(sha256, answer.styles);
  if (dropForeignMix()) follow();
  fillStyles();
  showControls();
}

// A link may mix styles that its generator does not have.
function dropForeignMix() {
  const isForeign = stylesOf.has(state.sha256) && state.mix?.from >= styles();
  if (isForeign) state.mix = null;
  return isForeign;
}

function fillStyles() {
  const count = styles();
  const words = (index) => race.text("morph_style_from", { number: index + 1, count });
  fillOptions($(".mix-from"), [...Array(count).keys()], state.mix?.from ?? Math.floor(count / 2), words);
}

$(".morph-checkpoint").addEventListener("change", () => {
  const sha256 = $(".morph-checkpoint").value;
  race.link.dropWrong();
  choose(sha256);
  race.setSeed({ sha256 });
});
$(".morph-checkpoint").addEventListener("focus", async () => {
  const answer = await race.refreshList();
  if (!answer.error) showSelect();
});

const showSelect = () => race.fillCheckpoints($(".morph-checkpoint"), list, state.sha256);

// On every opening the first seed is the one that Explore shows; the second is the next favourite. The link with which the
// page came may say another pair, or something else.
let taken = null;
let linked = linkedState();
function takeSeed() {
  if (race.tab !== "morph" || race.seed === taken || !element.isConnected) return;
  const before = taken;
  taken = race.seed;
  const fresh = before === null || before.sha256 === null; // Explore may not have read the link yet
  const { sha256, seed, psi } = wished();
  if (fresh || sha256 !== state.sha256) state.stops = [];
  if (fresh || seed !== before.seed) state.pair = [seed, fresh || state.pair[1] === seed ? nextFavourite(sha256, seed) : state.pair[1]];
  if (fresh) state.corners = [0, 1, 2, 3].map((step) => (seed + step) % 2 ** 32);
  const came = fresh ? linked : {};
  Object.assign(state, came);
  if (came.amounts) $(".directions").open = true;
  if (came.mix) $(".mixing").open = true;
  if (race.seed.sha256 !== null) linked = {};
  state.psi = psi;
  if (state.mode === "walk" && state.stops.length === 0) state.stops = firstStops();
  clampPosition();
  dropForeignMix();
  showSeeds();
  if (sha256 === state.sha256) follow();
  else choose(sha256, came);
  if (race.link.wrong()) showProblem(race.link.wrong());
  showSelect();
  showFavourites();
}

// What all tabs look at; before Explore has read the link, what the link says.
function wished() {
  const wish = race.seed.sha256 === null ? race.link.wish(list) : race.seed;
  return race.gone.has(wish.sha256) ? { ...wish, sha256: list.default } : wish;
}

function nextFavourite(sha256, seed) {
  const others = race.favourites.all().filter((one) => one.sha256 === sha256 && one.seed !== seed).map((one) => one.seed);
  return others.find((other) => other > seed) ?? others[0] ?? (seed + 1) % 2 ** 32;
}

document.addEventListener("race:tab", () => {
  if (race.tab !== "morph") {
    stopPlaying();
    race.link.set({ morph: null });
  } else if (race.seed === taken) follow();
  else takeSeed();
});
document.addEventListener("race:seed", takeSeed);
document.addEventListener("race:list", () => {
  list = race.list;
  if (document.activeElement !== $(".morph-checkpoint")) showSelect();
  showWords();
});
document.addEventListener("race:gone", () => {
  list = race.list;
  if (!race.gone.has(state.sha256)) return;
  taken = null; // as if Morph had just been opened
  takeSeed();
});
document.addEventListener("race:favourites", showFavourites);
race.onAnswering(() => lost !== null && race.tab === "morph" && element.isConnected, () => {
  const error = lost;
  lost = null;
  if (!stylesOf.has(state.sha256)) learn(state.sha256);
  const key = JSON.stringify(request());
  const isWhole = key === stripKey && (settled !== key || key === shown?.key);
  if (problem === error && (isWhole || !drawable())) showProblem(race.link.wrong());
  followStrip();
  followTile();
});
$(".no-data").hidden = props.copies;

race.onLanguage(element, () => {
  showSelect();
  showFilmOptions();
  fillStyles();
  showSeeds();
  showControls();
  showWords();
  lens.showWords();
  showFilm();
  showProblem(problem);
});
takeSeed();
