// What the link says, which tab is open, and which seed all tabs look at.

// The part of the link that is ours; everything else in the address is left alone.
const LINKED = ["ck", "seed", "psi", "tab", "cell", "cmp", "cmpmode", "cmpseeds", "start", "count", "morph", "lang"];
if (location.search.includes("&amp;")) history.replaceState(history.state, "", location.search.replaceAll("&amp;", "&") + location.hash);
const CAME = new URLSearchParams(location.search); // the link with which the page came

// How a part of the link is checked, and what is wrong where it is none of its kind.
const READ = {
  ck: {
    test: (value) => /^[0-9a-f]{8,64}$/i.test(value),
    error: (value) => ({ code: "error_unknown_checkpoint", values: { hash: value.slice(0, 8) } }),
  },
  seed: { test: (value) => race.parseSeed(value) !== null, error: (value) => ({ code: "error_seed", values: { value } }) },
  psi: { test: (value) => race.parsePsi(value) !== null, error: (value) => ({ code: "error_psi", values: { value } }) },
};

race.link = {
  get: (name) => new URLSearchParams(location.search).get(name),

  // Change the address in place: {name: value}, null to take a name out.
  set(change) {
    const address = new URL(location.href);
    for (const [name, value] of Object.entries(change)) {
      if (value === null || value === undefined) address.searchParams.delete(name);
      else address.searchParams.set(name, String(value));
    }
    if (address.href !== location.href) history.replaceState(history.state, "", address);
  },

  // The tile that the link names, where Explore has not read it yet or shows none; what it says wrongly is as usual. A
  // checkpoint that is not in the list keeps the hash of the link: the program knows whether it is there.
  wish(list) {
    const hash = (!race.link.wrong(["ck"]) && race.link.get("ck")?.toLowerCase()) || list.default;
    const sha256 = race.find(list, hash)?.sha256 ?? hash;
    return { sha256, seed: race.parseSeed(race.link.get("seed") ?? "") ?? 0, psi: race.parsePsi(race.link.get("psi") ?? "") ?? 1 };
  },

  // The first of these parts of the link that is none of its kind, as an error; a tab draws nothing before something is
  // chosen, with which it goes from the link.
  wrong(names = Object.keys(READ)) {
    const name = names.find((one) => race.link.get(one) !== null && !READ[one].test(race.link.get(one)));
    return name === undefined ? null : READ[name].error(race.link.get(name));
  },
  dropWrong() {
    if (race.link.wrong() === null) return;
    for (const name of Object.keys(READ)) if (race.link.wrong([name])) race.link.set({ [name]: null });
    document.dispatchEvent(new CustomEvent("race:righted"));
  },

  // Name a tile, or what all tabs look at.
  look: ({ sha256, seed, psi }) => race.link.set({ ck: sha256.slice(0, 8), seed, psi: psi === 1 ? null : psi }),

  // The address to give away: this page with our own names and no others.
  whole() {
    const address = new URL(location.pathname, location.origin);
    for (const name of LINKED) if (race.link.get(name) !== null) address.searchParams.set(name, race.link.get(name));
    return address.href;
  },

  // What the link with which the page came says of the tab that it opens; of another one, nothing.
  cameOn: (tab, name) => ((CAME.get("tab") ?? "explore") === tab ? CAME.get(name) ?? "" : ""),

  // The cell that it enlarges on a tab, or null.
  cellOn(tab) {
    const cell = race.link.cameOn(tab, "cell");
    return /^\d{1,2}$/.test(cell) ? Number(cell) : null;
  },

  // The address of one tile.
  of({ sha256, seed, psi = 1 }) {
    const address = new URL(location.pathname, location.origin);
    address.searchParams.set("ck", sha256.slice(0, 8));
    address.searchParams.set("seed", seed);
    if (psi !== 1) address.searchParams.set("psi", psi);
    return address.href;
  },
};

// The open tab; `race:tab` tells of a change. A tab's script first runs when the tab is first shown.
race.tab = "explore";
race.tabShown = (name) => {
  if (race.tab === name) return;
  race.tab = name;
  race.link.set({ tab: name === "explore" ? null : name });
  document.dispatchEvent(new CustomEvent("race:tab"));
};

// Gradio tells of a chosen tab a while after it is on the screen, and a key that is pressed meanwhile is the new tab's.
document.addEventListener("click", ({ target }) => {
  const chosen = target.closest?.("#race-tabs [role=tab][data-tab-id]");
  if (chosen) queueMicrotask(() => race.tabShown(chosen.dataset.tabId));
});
race.openTab = (name) => {
  const button = document.querySelector(`#race-tabs [role=tab][data-tab-id="${name}"]`);
  if (button) button.click();
  else document.dispatchEvent(new CustomEvent("race:open-tab", { detail: name })); // the header knows another way
};

// As people write it, and as a number that is put into a link: 0.7, 1, 1e-7.
race.parsePsi = (text) => (/^\d+(\.\d+)?(e-\d+)?$/.test(text) && Number(text) <= 1 ? Number(text) : null);

// The checkpoint, the seed and the truncation that all tabs look at; `race:seed` tells of a change. Explore draws it, and
// finds the checkpoint of a link; until then no tab looks at another seed than the link's.
race.seed = Object.freeze({ sha256: null, seed: race.parseSeed(CAME.get("seed") ?? "") ?? 0, psi: race.parsePsi(CAME.get("psi") ?? "") ?? 1 });
race.setSeed = (change) => {
  const next = { ...race.seed, ...change };
  if (Object.keys(next).every((name) => next[name] === race.seed[name])) return;
  race.seed = Object.freeze(next);
  race.link.dropWrong();
  document.dispatchEvent(new CustomEvent("race:seed"));
};

// Explore and Export show one tile, and Explore names it in the link once it is drawn; every other tab follows the wish.
race.showsTile = () => ["explore", "export"].includes(race.tab);
for (const name of ["race:seed", "race:tab"]) {
  document.addEventListener(name, () => !race.showsTile() && race.seed.sha256 !== null && race.link.look(race.seed));
}

// What a click on any thumbnail does: show this tile in Explore.
race.openSeed = ({ sha256, seed, psi = 1 }) => {
  race.setSeed({ sha256, seed, psi });
  race.openTab("explore");
};

// Open Compare on these checkpoints; with one, Compare finds another to go with it.
race.compare = (hashes) => {
  race.compared = hashes;
  race.openTab("compare");
};

// Check a file in Verify.
race.verify = (file) => {
  race.toVerify = file;
  race.openTab("verify");
};
