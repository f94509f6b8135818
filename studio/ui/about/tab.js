import { callServer } from "../shared/api.js";
import { make } from "../shared/dom.js";
import { page } from "../shared/page_state.js";
import { openSeed } from "../shared/tabs.js";
import { errorText, namedText, onLanguage, textOf } from "../shared/texts.js";
import { showContents } from "./contents.js";
import { $, element, server, state } from "./context.js";
import { showGlossary } from "./glossary.js";

let scores = null; // {boards, unscored}

// What stands between backquotes is a command or a name of the program.
function withCode(words) {
  return words.split("`").map((piece, place) => (place % 2 === 0 ? piece : make("code", { textContent: piece })));
}

function showProblem(error) {
  $(".failed").hidden = error === undefined;
  $(".failed").textContent = error === undefined ? "" : errorText(error);
}

export async function askScores() {
  const answer = await callServer(server.about_scores, {});
  showProblem(answer.error);
  if (answer.error) return;
  scores = answer;
  showScores();
}

async function askProgram() {
  const answer = await callServer(server.about_program, {});
  if (answer.error) return showProblem(answer.error);
  state.program = answer;
  showGlossary();
  showProgram();
}

// --- the scores ------------------------------------------------------------------------------------------------------

const number = (value, digits = 0) =>
  value === null
    ? "–"
    : value.toLocaleString(page.language, { minimumFractionDigits: digits, maximumFractionDigits: digits });
const several = (values, digits, between) =>
  values === null ? "–" : values.map((value) => number(value, digits)).join(between);
const measured = (value, spread, digits) =>
  number(value, digits) + (value === null || spread === null ? "" : ` ± ${number(spread, digits)}`);

// On a phone each row is a card, so every cell knows its heading; roles say that it is a table still.
const COLUMNS = {
  kid: (row) => measured(row.kid, row.kid_spread, 4),
  fid: (row) => measured(row.fid, row.fid_spread, 2),
  bands: (row) => several(row.bands, 2, " "),
  periods: (row) => several(row.periods, 1, " / "),
  fakes: (row) => `${number(row.fakes)} / ${number(row.reals)}`,
  images: (row) => number(row.images),
  minutes: (row) => number(row.minutes),
};

// Older ladders measured no spectrum: where no row of a table has one, it has no such column.
const columns = (board) =>
  Object.entries(COLUMNS).filter(
    ([name]) => !["bands", "periods"].includes(name) || board.rows.some((row) => row[name] !== null),
  );

function withRole(role, node) {
  node.setAttribute("role", role);
  return node;
}

export function openButton({ sha256, name }, words = name) {
  const button = make("button", { type: "button", className: "open quiet", textContent: words });
  button.setAttribute("aria-label", textOf("about_open", { name }));
  button.addEventListener("click", () => openSeed({ sha256, seed: page.seed.seed }));
  return button;
}

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
        textContent: textOf("about_scores_unscored", { names: scores.unscored.join(", ") }),
      }),
    );
  }
  $(".boards").replaceChildren(...nodes);
  showContents();
}

// --- the program -----------------------------------------------------------------------------------------------------

function showProgram() {
  for (const name of ["licence", "errors"]) $(`.${name}`).replaceChildren(...withCode(textOf(`about_${name}`)));
  if (state.program === null) return;
  const rows = Object.entries(state.program.versions).map(([name, value]) => [
    textOf(`about_version_${name}`),
    value ?? textOf("about_not_installed"),
  ]);
  $(".versions").replaceChildren(
    ...rows.flatMap(([name, value]) => [make("dt", { textContent: name }), make("dd", { textContent: value })]),
  );
}

onLanguage(element, () => {
  showScores();
  showGlossary();
  showProgram();
  showContents();
});
askScores();
askProgram();
