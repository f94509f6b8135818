// How many seeds of a checkpoint this browser has shown: the more were looked at, the more the best one owes to luck.
race.looked = (() => {
  const KEPT = "looked";
  const MOST_CHECKPOINTS = 100;
  const isSeed = (one) => Number.isInteger(one) && one >= 0 && one < 2 ** 32;
  const isRange = (one) => Array.isArray(one) && one.length === 2 && one.every(isSeed) && one[0] <= one[1];

  // {hash: [[first, last], ...]}, the checkpoint looked at last at the end.
  function all() {
    const kept = race.keep.read(KEPT);
    return typeof kept === "object" && kept !== null && !Array.isArray(kept) ? kept : {};
  }

  // What overlaps was not written by this page, and is passed over: a seed counts once.
  function rangesOf(kept, sha256) {
    const ranges = Array.isArray(kept[sha256]) ? kept[sha256].filter(isRange).sort((one, other) => one[0] - other[0]) : [];
    let end = -1;
    return ranges.filter(([first, last]) => first > end && (end = last) >= 0);
  }

  function add({ sha256, seed }) {
    const kept = all();
    const ranges = rangesOf(kept, sha256);
    if (ranges.some(([first, last]) => first <= seed && seed <= last)) return;
    const before = ranges.find((one) => one[1] === seed - 1);
    const after = ranges.find((one) => one[0] === seed + 1);
    const joined = [before?.[0] ?? seed, after?.[1] ?? seed];
    delete kept[sha256];
    kept[sha256] = [...ranges.filter((one) => one !== before && one !== after), joined];
    race.keep.write(KEPT, Object.fromEntries(Object.entries(kept).slice(-MOST_CHECKPOINTS)));
    document.dispatchEvent(new CustomEvent("race:looked"));
  }

  const count = (sha256) => rangesOf(all(), sha256).reduce((sum, [first, last]) => sum + last - first + 1, 0);

  document.addEventListener("ganrace:shown", () => race.shown && add(race.shown));
  return { add, count };
})();
