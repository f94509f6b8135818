// Tiles that are asked for before they are wished: the seeds around the one that is shown, while nothing else is asked.
race.ahead = (() => {
  const STEPS = [1, 2, 3, -1];
  const KEPT = 8;
  const IDLE_MILLISECONDS = 120;
  const LIMIT = 2 ** 32;
  const answers = new Map();
  let round = 0;

  function keep(key, answer) {
    if (answer.preview) return; // a smaller picture that came first: the whole one is still wanted
    answers.delete(key);
    answers.set(key, answer);
    for (const oldest of [...answers.keys()].slice(0, -KEPT)) answers.delete(oldest);
  }

  // Begin to ask for what may come next; `ask` gives the answer for a wish.
  async function begin(wish, ask) {
    const own = ++round;
    if (navigator.connection?.saveData) return;
    await new Promise((resolve) => setTimeout(resolve, IDLE_MILLISECONDS));
    for (const step of STEPS) {
      const next = { ...wish, seed: (wish.seed + step + LIMIT) % LIMIT };
      const key = race.favourites.keyOf(next);
      if (answers.has(key)) continue;
      if (own !== round || document.visibilityState !== "visible") return;
      const answer = await ask(next);
      if (answer.error || answer.superseded) return;
      keep(key, answer);
    }
  }

  const stop = () => round++;
  // What came back for this wish already, or undefined.
  const take = (wish) => answers.get(race.favourites.keyOf(wish));
  function forget(sha256) {
    for (const key of [...answers.keys()].filter((one) => one.startsWith(sha256))) answers.delete(key);
  }

  return { begin, forget, keep: (wish, answer) => keep(race.favourites.keyOf(wish), answer), stop, take };
})();
