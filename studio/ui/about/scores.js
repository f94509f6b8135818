// The scores: a table for each network that has judged checkpoints, and the names of those without any.

import { callServer } from "../shared/api.js";
import { make } from "../shared/dom.js";
import { page } from "../shared/page_state.js";
import { openSeed } from "../shared/tabs.js";
import { nameText, namedText, textOf } from "../shared/texts.js";
import { showContents } from "./contents.js";
import { $, server, showProblem, withCode } from "./context.js";

/** @import { Board, ScoresReply, Standing } from "../protocol.d.ts" */
/** @typedef {[name: string, show: (row: Standing) => string]} Column */

/** @type {ScoresReply | null} */
let scores = null;

export async function askScores() {
  const answer = await callServer(server.about_scores, {});
  showProblem(answer.error);
  if (answer.error) return;
  scores = answer;
  showScores();
}

/** @param {number | null} value */
const number = (value, digits = 0) =>
  value === null
    ? "–"
    : value.toLocaleString(page.language, { minimumFractionDigits: digits, maximumFractionDigits: digits });
/**
 * @param {number[] | null} values
 * @param {number} digits
 * @param {string} between
 */
const several = (values, digits, between) =>
  values === null ? "–" : values.map((value) => number(value, digits)).join(between);
/**
 * @param {number | null} value
 * @param {number | null} spread
 * @param {number} digits
 */
const measured = (value, spread, digits) =>
  number(value, digits) + (value === null || spread === null ? "" : ` ± ${number(spread, digits)}`);

/**
 * On a phone each row is a card, so every cell knows its heading; roles say that it is a table still.
 * @type {Column[]}
 */
const COLUMNS = [
  ["kid", (row) => measured(row.kid, row.kid_spread, 4)],
  ["fid", (row) => measured(row.fid, row.fid_spread, 2)],
  ["bands", (row) => several(row.bands, 2, " ")],
  ["periods", (row) => several(row.periods, 1, " / ")],
  ["fakes", (row) => `${number(row.fakes)} / ${number(row.reals)}`],
  ["images", (row) => number(row.images)],
  ["minutes", (row) => number(row.minutes)],
];

/**
 * Older benchmarks measured no spectrum: where no row of a table has one, it has no such column.
 * @param {Board} board
 */
const columns = (board) =>
  COLUMNS.filter(
    ([name]) =>
      (name !== "bands" && name !== "periods") || board.rows.some((/** @type {Standing} */ row) => row[name] !== null),
  );

/**
 * @template {Element} T
 * @param {string} role
 * @param {T} node
 */
function withRole(role, node) {
  node.setAttribute("role", role);
  return node;
}

/** @param {{ sha256: string, name: string }} checkpoint */
export function openButton({ sha256, name }, words = nameText(name)) {
  const button = make("button", { type: "button", className: "open quiet", textContent: words });
  button.setAttribute("aria-label", textOf("about_open", { name }));
  button.addEventListener("click", () => openSeed({ sha256, seed: page.seed.seed }));
  return button;
}

/**
 * @param {Standing} row
 * @param {Column[]} shown
 */
function rowNode(row, shown) {
  const first = withRole("rowheader", make("th", { scope: "row", className: "name" }, openButton(row)));
  if (row.pretrained !== null) {
    first.append(" ", make("span", { className: "mark", textContent: textOf("about_imagenet") }));
  }
  const cells = shown.map(([name, show]) => {
    const cell = withRole("cell", make("td", { className: name, textContent: show(row) }));
    cell.dataset.head = textOf(`about_scores_${name}`);
    return cell;
  });
  return withRole("row", make("tr", { className: row.few ? "few" : "" }, first, ...cells));
}

/** @param {Board} board */
function boardNode(board) {
  const network = namedText(board.network) ?? textOf("about_scores_unnamed");
  const shown = columns(board);
  const head = ["name", ...shown.map(([name]) => name)].map((name) =>
    withRole(
      "columnheader",
      make("th", { scope: "col", className: name, textContent: textOf(`about_scores_${name}`) }),
    ),
  );
  const table = withRole("table", make("table", {}));
  table.append(withRole("rowgroup", make("thead", {}, withRole("row", make("tr", {}, ...head)))));
  table.append(withRole("rowgroup", make("tbody", {}, ...board.rows.map((row) => rowNode(row, shown)))));
  table.setAttribute("aria-label", network);
  return make(
    "div",
    { className: "board" },
    make("h3", { textContent: network }),
    table,
    ...hints(board).map((words) => make("p", { className: "hint", textContent: words })),
  );
}

/** @param {Board} board */
function hints(board) {
  const networks = [
    ...new Set(board.rows.flatMap((row) => (row.pretrained === null ? [] : [namedText(row.pretrained)]))),
  ];
  return [
    board.network === null && textOf("about_scores_unnamed_hint"),
    board.rows.some((row) => row.few) && textOf("about_scores_few"),
    board.rows.some((row) => row.bands !== null || row.periods !== null) && textOf("about_scores_spectrum"),
    ...networks.map((network) => textOf("about_scores_pretrained", { network })),
  ].filter(Boolean);
}

export function showScores() {
  if (scores === null) return;
  const nodes = scores.boards.map(boardNode);
  if (nodes.length === 0) nodes.push(make("p", { className: "hint" }, ...withCode(textOf("about_scores_none"))));
  else if (scores.unscored.length > 0) {
    nodes.push(
      make("p", {
        className: "hint",
        textContent: textOf("about_scores_unscored", { names: scores.unscored.map(nameText).join(", ") }),
      }),
    );
  }
  $(".boards").replaceChildren(...nodes);
  showContents();
}
