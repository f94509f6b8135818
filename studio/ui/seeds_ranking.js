// The ranking of the sheet's seeds: it comes by itself as tiles come, and chooses nothing.
const RANK_AFTER_MILLISECONDS = 1500;
let ranking = null; // {method, scores, histogram}
let rankTimer = null;

function rankSoon(milliseconds = RANK_AFTER_MILLISECONDS) {
  if (rankTimer !== null && milliseconds > 0) return;
  clearTimeout(rankTimer);
  rankTimer = setTimeout(rankNow, milliseconds);
}

async function rankNow() {
  rankTimer = null;
  if (!isOpen() || wish === null) return;
  const [asked, from] = [wish, range];
  const answer = await race.ask(server.rank_seeds, { ...wish, seed: range.start, count: range.count });
  if (asked !== wish || from !== range || answer.error || answer.superseded) return;
  ranking = answer;
  scores = new Map(answer.scores.map((one) => [one.seed, one]));
  if (order === "score") arrange();
  else for (const seed of cards.keys()) showCard(seed);
  showRanking();
}

function showRanking() {
  const count = scores.size;
  const words = count > 1 ? "ranking_words" : "ranking_waiting";
  const method = ranking ? race.text(`ranking_by_${ranking.method}`, { name: ranking.method_name }) : "";
  $(".ranking-words").textContent = race.text(words, { count, method });
  showHistogram(count > 1 ? ranking.histogram : { counts: [], edges: [] });
  showScore();
}

function showHistogram({ counts, edges }) {
  const most = Math.max(...counts, 1);
  $(".histogram").replaceChildren(
    ...counts.map((count, bin) => {
      const bar = make("span", { title: `${edges[bin].toFixed(2)} – ${edges[bin + 1].toFixed(2)}: ${count}` });
      bar.style.height = `${(100 * count) / most}%`;
      return bar;
    }),
  );
  $(".histogram").hidden = counts.length === 0;
  if (counts.length === 0) return;
  const values = { low: edges[0].toFixed(2), high: edges.at(-1).toFixed(2), count: scores.size };
  $(".histogram").setAttribute("aria-label", race.text("ranking_histogram", values));
}

function showScore() {
  const score = scores.get(cursor);
  const rows = score
    ? [
        ["ranking_total", `${score.total.toFixed(2)} (${race.text("ranking_place", { place: placeOf(cursor), count: scores.size })})`],
        ["ranking_weakest", score.weakest.toFixed(2)],
        ["ranking_diversity", score.diversity.toFixed(2)],
        ["ranking_distance", score.distance === null ? race.text("ranking_no_reals") : score.distance.toFixed(2)],
      ]
    : [];
  $(".ranking-facts").replaceChildren(
    ...rows.flatMap(([name, value]) => [make("dt", { textContent: race.text(name) }), make("dd", { textContent: value })]),
  );
}

const placeOf = (seed) => [...scores.keys()].indexOf(seed) + 1;
