// The ranking of the sheet's seeds, and of what a filter shows of other sheets: it comes by itself as tiles come, and chooses nothing.

import { callServer } from "../shared/api.js";
import { make } from "../shared/dom.js";
import { namedText, textOf } from "../shared/texts.js";
import { visitor } from "../shared/visitor.js";
import { arrange, elsewhere, isOpen, key, sheetSeeds, showCard, showProblem } from "./cards.js";
import { $, MOST_ENTRANTS, cards, cursorMoved, server, state } from "./context.js";
import { askThrough } from "./retry.js";

/** @import { Histogram, RankReply, SeedScore } from "../protocol.d.ts" */

const RANK_AFTER_MILLISECONDS = 1500;
const RANK_EVERY = 4; // seeds that a network has looked at
/** @type {RankReply | null} */
let ranking = null;
let rankTimer = 0;
let byNetwork = false; // what the ranking goes by
/** @type {{ done: number, count: number, began: number } | null} while a network looks */
let seeing = null;
let hasPaused = false; // it looks on when this tab is open again
let rankings = 0; // asked for; only the newest answer counts

export function rankSoon(milliseconds = RANK_AFTER_MILLISECONDS) {
  if (rankTimer !== 0 && milliseconds > 0) return;
  clearTimeout(rankTimer);
  rankTimer = window.setTimeout(rankNow, milliseconds);
}

async function rankNow() {
  rankTimer = 0;
  if (!isOpen() || state.request === null) return;
  const own = ++rankings;
  const [asked, from] = [state.request, state.range];
  const others = elsewhere().slice(0, MOST_ENTRANTS);
  const answer = await callServer(server.rank_seeds, {
    ...state.request,
    seed: state.range.start,
    count: state.range.count,
    others,
    by_network: byNetwork,
  });
  if (own !== rankings || asked !== state.request || from !== state.range || answer.error || answer.superseded) return;
  ranking = answer;
  state.scores = new Map(answer.scores.map((/** @type {SeedScore} */ one) => [one.seed, one]));
  if (state.order === "score" || state.filter === "best") arrange();
  else for (const seed of cards.keys()) showCard(seed);
  showRanking();
}

// What the ranking goes by; also said beside the outlines.
export function showMethod() {
  const method = textOf(ranking?.network ? "ranking_by_network" : "ranking_by_light", {
    name: namedText(ranking?.network),
  });
  $(".outline-words").hidden = !$(".outline").checked;
  $(".outline-words").textContent = textOf(state.scores.size > 0 ? "seeds_outline_words" : "ranking_waiting", {
    method,
  });
  return method;
}

export function showRanking() {
  const count = state.scores.size;
  const words = count > 1 ? "ranking_words" : "ranking_waiting";
  const method = showMethod();
  showSeeing();
  $(".ranking-words").textContent = textOf(words, { count, method });
  showHistogram((count > 1 && ranking?.histogram) || { counts: [], edges: [] });
  showScore();
}

// A network sees more than colours and edges, and takes a second or more for a tile: it looks when it is asked to.
function showSeeing() {
  $(".see").hidden = !ranking?.at_hand;
  $(".see").textContent = textOf(seeing ? "ranking_stop" : byNetwork ? "ranking_lightly" : "ranking_see");
  $(".see-words").hidden = seeing === null;
  if (seeing === null) return;
  const { done, count, began } = seeing;
  const left = done === 0 ? "" : Math.ceil((((performance.now() - began) / done) * (count - done)) / 60000);
  $(".see-words").textContent = textOf(done === 0 ? "ranking_begins" : "ranking_seeing", { done, count, left });
}

export function changeSeeing() {
  if (seeing !== null || byNetwork) {
    byNetwork = seeing !== null && seeing.done > 1;
    seeing = null;
    return rankNow();
  }
  return seeAll();
}

export function pauseSeeing() {
  hasPaused ||= seeing !== null;
  seeing = null;
}

// What it has seen already is known to the program, and passes at once.
export function resumeSeeing() {
  if (!hasPaused) return;
  hasPaused = false;
  seeAll();
}

async function seeAll() {
  const seeds = [...sheetSeeds(), ...elsewhere().slice(0, MOST_ENTRANTS)];
  const own = { done: 0, count: seeds.length, began: performance.now() };
  [seeing, byNetwork] = [own, true];
  showSeeing();
  for (const seed of seeds) {
    const answer = await askThrough(server.see_seed, { ...key(seed), visitor }, () => own === seeing);
    if (own !== seeing) return;
    if (answer.error) {
      showProblem(answer.error);
      break;
    }
    own.done += 1;
    showSeeing();
    if (own.done % RANK_EVERY === 0) await rankNow();
  }
  if (own === seeing) seeing = null;
  await rankNow();
}

export function forgetRanking() {
  [seeing, byNetwork, hasPaused] = [null, false, false];
  showRanking();
}

/** @param {Histogram} histogram */
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
  const values = { low: edges[0].toFixed(2), high: edges[edges.length - 1].toFixed(2), count: state.scores.size };
  $(".histogram").setAttribute("aria-label", textOf("ranking_histogram", values));
}

/** What the seed at the cursor got, with its name. */
export function showScore() {
  const { cursor, scores } = state;
  const score = cursor === null ? undefined : scores.get(cursor);
  const rows = score
    ? [
        [
          "ranking_total",
          `${score.total.toFixed(2)} (${textOf("ranking_place", { place: [...scores.keys()].indexOf(score.seed) + 1, count: scores.size })})`,
        ],
        ["ranking_weakest", score.weakest.toFixed(2)],
        ["ranking_diversity", score.diversity.toFixed(2)],
        ["ranking_distance", score.distance === null ? textOf(noDistance()) : score.distance.toFixed(2)],
      ]
    : [];
  $(".ranking-facts").replaceChildren(
    ...rows.flatMap(([name, value]) => [make("dt", { textContent: textOf(name) }), make("dd", { textContent: value })]),
  );
}

// Why there is no distance to real pictures; only a network measures one.
function noDistance() {
  const { reals, at_hand, network } = ranking ?? { reals: "none" };
  if (reals === "none") return "ranking_no_reals";
  if (!at_hand) return "ranking_no_network";
  if (reals === "unusable") return "ranking_bad_reals";
  return network === null ? "ranking_reals_by_network" : "ranking_reals_waiting";
}

cursorMoved.listen(showScore);
