// Checkpoints that were added on the page can go again: who added one has removed it, or newer ones have pushed it out.
race.gone = new Set(); // hashes of those that went while the page was open

// Compare a list with the one before. `race:gone` tells every tab what went; whoever looks at it is led to the one on
// which the studio opens, with the same seed, and `race:left` tells from what to what.
race.settle = (before, list) => {
  for (const one of list.checkpoints) race.gone.delete(one.sha256);
  const went = (before?.checkpoints ?? []).filter((one) => one.added && !race.find(list, one.sha256));
  if (went.length === 0) return;
  for (const { sha256 } of went) {
    race.gone.add(sha256);
    race.ahead.forget(sha256);
  }
  document.dispatchEvent(new CustomEvent("race:gone"));
  const left = went.find((one) => one.sha256 === race.seed.sha256);
  const now = race.find(list, list.default ?? " ");
  if (!left || !now) return;
  race.setSeed({ sha256: now.sha256 });
  document.dispatchEvent(new CustomEvent("race:left", { detail: { name: left.name, now: now.name } }));
};

// The program does not know a checkpoint that the list has: the list is out of date.
race.mistrust = (hash) => {
  if (hash && race.list && race.find(race.list, hash)) document.dispatchEvent(new CustomEvent("race:outdated"));
};
