// The result: first from the last place to the first, then all of it.

import { make } from "../shared/dom.js";
import { errorText, namedText, textOf } from "../shared/texts.js";
import { page } from "../shared/page_state.js";
import { $, ask, button, currentStatus, element, onStatus } from "./context.js";
import { openExhibition } from "./exhibition.js";
import { ballotTable, duelTable, folded, standingsTable } from "./result_tables.js";
import { safeNodes } from "./safe_html.js";
import { tilePicture } from "./tile_pictures.js";

/** @import { ResultReply, RevealedEntry, TileStanding } from "../protocol.d.ts" */

const FILES = ["results.html", "results.csv", "results.json", "ballots.csv", "race.json", "recount.py"];
const RETRY_MILLISECONDS = 4000;

/** @type {ResultReply | null} */
let result = null;
/** @type {string | null} why there is none yet */
let failure = null;
let step = -1; // how many places have been shown, from the last on; -1 before the beginning
let isAll = false;

async function fetchResult() {
  const answer = await ask("race_result", {});
  if ("error" in answer) {
    failure = errorText(answer.error);
    if (currentStatus()?.phase === "REVEAL") setTimeout(fetchResult, RETRY_MILLISECONDS);
  } else {
    failure = null;
    result = answer;
    isAll = answer.standings.length === 0;
  }
  show();
}

export function show() {
  const isRevealed = currentStatus()?.phase === "REVEAL";
  $(".reveal").hidden = !isRevealed;
  if (!isRevealed) return;
  if (result === null) {
    return void $(".reveal-stage").replaceChildren(make("p", {}, failure ?? textOf("race_counting")));
  }
  $(".result-all").hidden = !isAll;
  $(".reveal-stage").hidden = isAll;
  if (isAll) $(".result-all").replaceChildren(...everything(result));
  else $(".reveal-stage").replaceChildren(...stage(result));
}

// --- one place after the other ---------------------------------------------------------------------------------------

/** @param {ResultReply} found */
function stage(found) {
  const more = button(textOf(step < 0 ? "race_reveal_begin" : "race_reveal_next"), next, "primary reveal-next");
  const all = button(textOf("race_reveal_all"), showAll, "quiet reveal-all");
  const buttons = make("div", { className: "row" }, more, all);
  if (step < 0) return [buttons];
  const one = found.standings[found.standings.length - 1 - step];
  const entry = entryOf(found, one.tile);
  const card = make(
    "div",
    { className: "reveal-card" },
    make("p", { className: "reveal-place" }, textOf("race_reveal_place", { place: one.place })),
    tilePicture(one.tile, "tile", 1280),
    make("h3", {}, entry.name),
    make("p", {}, `${one.tile} · ${scoreText(found, one)}`),
  );
  card.setAttribute("role", "status");
  return [card, buttons];
}

/**
 * @param {ResultReply} found
 * @param {TileStanding} one
 */
function scoreText(found, one) {
  const final = found.rounds.find((round) => round.kind === "final")?.standings;
  const inFinal = final?.find(({ tile }) => tile === one.tile);
  if (inFinal) return textOf("race_reveal_duels", { score: inFinal.score });
  return textOf("race_reveal_score", { score: one.score.toFixed(2) });
}

function next() {
  if (result === null) return;
  if (step + 1 >= result.standings.length) return showAll();
  step += 1;
  show();
  const node = /** @type {HTMLElement | null} */ (element.querySelector(".reveal-next"));
  node?.focus({ preventScroll: true });
  if (step === 0) $(".reveal-stage").scrollIntoView();
}

function showAll() {
  isAll = true;
  show();
  $(".result-all").scrollIntoView();
}

function again() {
  isAll = false;
  step = -1;
  show();
}

// --- everything ------------------------------------------------------------------------------------------------------

/**
 * @param {ResultReply} found
 * @returns {Node[]}
 */
function everything(found) {
  const names = new Map(found.entries.map(({ tile, name }) => [tile, name]));
  const rounds = found.rounds
    .toReversed()
    .flatMap((round) => [
      make("h3", {}, textOf(`result_${round.kind}`)),
      make("p", {}, textOf("result_turnout", { ballots: round.voted, eligible: round.eligible })),
      ...(round.voted > round.eligible ? [make("p", { className: "hint" }, textOf("result_too_many"))] : []),
      round.standings.length > 0
        ? standingsTable(round, names)
        : make("p", {}, textOf("result_no_quorum", { least: found.least_ballots })),
      folded(textOf("result_duel_matrix"), make("p", {}, textOf("result_duel_note")), duelTable(round)),
    ]);
  const replay = found.standings.length > 0 ? [button(textOf("race_reveal_again"), again, "quiet")] : [];
  return [
    ...winner(found, names),
    ...(currentStatus()?.honour ? [make("p", {}, textOf("result_honour"))] : []),
    ...rounds,
    make("p", { className: "hint" }, textOf("result_band_note", { samples: found.samples })),
    ...replay,
    make("h3", {}, textOf("result_entries")),
    make("ul", { className: "revealed" }, ...found.entries.map((entry) => entryCard(found, entry))),
    make("h3", {}, textOf("race_downloads")),
    downloads(),
    make("p", { className: "hint" }, textOf("race_download_hint")),
    ...proof(found),
  ];
}

/**
 * @param {ResultReply} found
 * @param {Map<string, string>} names
 */
function winner(found, names) {
  if (found.winners.length === 0) {
    return [make("p", { className: "winner" }, textOf("result_no_ranking", { least: found.least_ballots }))];
  }
  const title = textOf(found.winners.length > 1 ? "result_winners" : "result_winner");
  const who = found.winners.map((tile) => `${names.get(tile)} (${tile})`).join(", ");
  const sure = found.certainty ? [make("p", {}, textOf(`result_${found.certainty}`, { percent: found.percent }))] : [];
  return [make("p", { className: "winner" }, `${title}: ${who}`), ...sure];
}

/**
 * @param {ResultReply} found
 * @param {string} tile
 */
const entryOf = (found, tile) => /** @type {RevealedEntry} */ (found.entries.find((one) => one.tile === tile));

/**
 * @param {ResultReply} found
 * @param {RevealedEntry} entry
 */
function entryCard(found, entry) {
  const { tile } = entry;
  const place = found.standings.find((one) => one.tile === tile)?.place;
  const picture = make("button", { type: "button", className: "grid-tile" }, tilePicture(tile, "small"));
  picture.setAttribute("aria-label", textOf("race_enlarge_tile", { tile }));
  picture.addEventListener("click", () => openExhibition(found.order, tile));
  const about = make("div", { className: "entrant-words" });
  about.append(safeNodes(entry.about_html));
  return make(
    "li",
    { id: `race-entry-${tile}` },
    picture,
    make("h4", {}, `${place ? `${place}. ` : ""}${entry.name} · ${tile}`),
    facts(entry),
    ...(entry.command
      ? [make("p", { className: "command" }, textOf("result_verify"), make("code", {}, entry.command))]
      : []),
    ...(entry.about_html ? [about] : []),
  );
}

/** @param {RevealedEntry} entry */
function facts(entry) {
  const hours = entry.hours === null ? null : entry.hours.toFixed(1);
  const rows = /** @type {[string, string | number | null | undefined][]} */ ([
    ["checkpoint", entry.sha256.slice(0, 16)],
    ["seed", entry.seed],
    ["psi", entry.psi],
    ["weights", entry.weights && textOf(`weights_${entry.weights}`)],
    ["recipe", namedText(entry.recipe)],
    ["training_hours", hours],
    ["pretrained", namedText(entry.pretrained) ?? textOf("race_none_declared")],
    ["seeds_looked_at", entry.seeds_looked_at ?? textOf("race_not_said")],
    ["second_seed", entry.second_seed],
    ["repeated_cells", entry.repeated_cells],
  ]);
  const known = rows.filter(([, value]) => value !== null && value !== undefined);
  const nodes = known.flatMap(([key, value]) => [
    make("dt", {}, textOf(`result_${key}`)),
    make("dd", {}, String(value)),
  ]);
  return make("dl", { className: "facts" }, ...nodes);
}

function downloads() {
  const links = FILES.map((name) => {
    const href = new URL(`race/results/${page.language}/${name}`, document.baseURI).href;
    return make("li", {}, make("a", { href, download: name, className: "button-like" }, name));
  });
  return make("ul", { className: "downloads" }, ...links);
}

/** @param {ResultReply} found */
function proof(found) {
  return [
    folded(
      textOf("result_proof"),
      make("p", {}, textOf("result_recount")),
      make("p", {}, textOf("result_commitment"), make("br"), make("code", {}, found.commitment)),
      make("p", {}, textOf("result_salt"), make("br"), make("code", {}, found.salt)),
      make("p", {}, textOf("result_could_see")),
    ),
    ...found.rounds.map((round) =>
      folded(`${textOf("result_ballots")}: ${textOf(`result_${round.kind}`)}`, ballotTable(round)),
    ),
  ];
}

onStatus((now, before) => {
  if (now.phase === before?.phase) return;
  if (now.phase === "REVEAL" && result === null) void fetchResult();
  show();
});
