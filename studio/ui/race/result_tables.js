// The tables of a result: places with bars and bands, and who beats whom.

import { make } from "../shared/dom.js";
import { hasText, textOf } from "../shared/texts.js";

/** @import { ResultReply, RoundResult, TileStanding } from "../protocol.d.ts" */

/** @type {Record<string, number[]>} */
const POINTS = { single: [1], podium: [3, 2, 1], final: [] };
const PARTS = ["first", "second", "third"];

/**
 * @param {string} tag
 * @param {string} name
 * @param {Record<string, string | number>} attributes
 */
function svg(tag, name, attributes) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  if (name) node.setAttribute("class", name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, String(value));
  return node;
}

/**
 * The points of a tile from first, second and third places, and the band of its score.
 * @param {TileStanding} one
 * @param {string} kind
 * @param {number} longest
 */
function bar(one, kind, longest) {
  const node = svg("svg", "score-bar", { viewBox: "0 0 100 10", preserveAspectRatio: "none", "aria-hidden": "true" });
  let start = 0;
  for (const [place, points] of POINTS[kind].entries()) {
    const width = (100 * points * (one.positions[place] ?? 0)) / one.electors / longest;
    node.append(svg("rect", PARTS[place], { x: start, y: 0, width, height: 10 }));
    start += width;
  }
  const [low, high] = [one.low ?? 0, one.high ?? 0].map((value) => (100 * value) / longest);
  node.append(svg("rect", "band", { x: low, y: 3, width: Math.max(high - low, 0.5), height: 4 }));
  return node;
}

/**
 * A table in a region that scrolls by itself.
 * @param {string} label
 * @param {(string | Node)[]} heads
 * @param {(string | Node)[][]} rows the first cell of each is its head
 */
export function table(label, heads, rows, className = "") {
  const head = make("tr", {}, ...heads.map((words) => make("th", { scope: "col" }, words)));
  const body = rows.map(([first, ...cells]) =>
    make("tr", {}, make("th", { scope: "row" }, first), ...cells.map((cell) => make("td", {}, cell))),
  );
  const node = make("table", { className }, make("thead", {}, head), make("tbody", {}, ...body));
  const region = make("div", { className: "scroll", tabIndex: 0, role: "region" }, node);
  region.setAttribute("aria-label", label);
  return region;
}

/**
 * The places of one round.
 * @param {RoundResult} round
 * @param {Map<string, string>} names by tile
 */
export function standingsTable(round, names) {
  const isFinal = round.kind === "final";
  const longest = Math.max(1e-9, ...round.standings.flatMap((one) => [one.score, one.high ?? 0]));
  const heads = ["place", "tile", "name", isFinal ? "duels" : "score", ...(isFinal ? [] : ["bar", "band"])];
  const words = [...heads, "positions", "chance", "decided_by"].map((key) => textOf(`result_${key}`));
  const rows = round.standings.map((one) => [
    String(one.place),
    one.tile,
    names.get(one.tile) ?? "",
    one.score.toFixed(isFinal ? 1 : 2),
    ...(isFinal ? [] : [bar(one, round.kind, longest), `${one.low?.toFixed(2)} – ${one.high?.toFixed(2)}`]),
    one.positions.join(" · "),
    `${Math.round(100 * one.chance)} %`,
    decidedBy(one),
  ]);
  return table(textOf(`result_${round.kind}`), words, rows, "standings");
}

/** @param {TileStanding} one */
const decidedBy = ({ decided_by: code }) => (code && hasText(`result_by_${code}`) ? textOf(`result_by_${code}`) : "");

/** @param {RoundResult} round */
export function duelTable(round) {
  const rows = round.tiles.map((row) => [
    row,
    ...round.tiles.map((column) => (row === column ? "–" : String(round.preferred[row]?.[column] ?? 0))),
  ]);
  return table(textOf("result_duel_matrix"), [textOf("result_tile"), ...round.tiles], rows, "duels");
}

/** @param {RoundResult} round */
export function ballotTable(round) {
  const rows = round.ballots.map((ballot) => [make("code", {}, ballot.receipt), ballot.ranks.join(", ")]);
  return table(textOf("result_ballots"), [textOf("result_receipt"), textOf("result_ranks")], rows, "ballots");
}

/**
 * A heading and, folded, what is in it.
 * @param {string} words
 * @param {(string | Node)[]} content
 */
export const folded = (words, ...content) => make("details", {}, make("summary", {}, words), ...content);
