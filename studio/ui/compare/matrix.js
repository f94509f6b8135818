// The matrix of checkpoints and seeds: whole tiles made small, a row at a time, never half a row.

import { callServer } from "../shared/api.js";
import { isPreview } from "../shared/checkpoints.js";
import { announce, jpegUrl, make } from "../shared/dom.js";
import * as localFavourites from "../shared/local_favourites.js";
import { findersIn } from "../shared/mount.js";
import { page, setSeed } from "../shared/page_state.js";
import { SEEDS, parseSeeds } from "../shared/parsers.js";
import * as seenSeeds from "../shared/seen_seeds.js";
import { openSeed } from "../shared/tabs.js";
import { nameText, textOf, tileWords } from "../shared/texts.js";
import * as urlState from "../shared/url_state.js";
import { visitor } from "../shared/visitor.js";
import { chosen, decoded, described, isOpen, showMismatch } from "./compared.js";
import { $, fail, matrixLeft, props, server, showProblem, state } from "./context.js";
import { identityOf, psiText } from "./tile_words.js";

/** @import { DrawnTile, RowReply } from "../protocol.d.ts" */
/** @import { Described, MatrixBegun, MatrixProgress, MatrixRow } from "./types.d.ts" */

const MATRIX_SEEDS = 4;
let drawing = 0; // the number of the drawing that may still put up rows
/** @type {Promise<any> | null} the program's answer to the last one that was given up */
let stopping = null;

/** @param {{ count: number, bad?: string }} seeds */
const isAllowed = ({ count, bad }) => bad === undefined && count > 0 && count <= props.limits.seeds;

// The seeds that the link names, or those from the seed that is looked at on.
function firstSeeds() {
  const linked = parseSeeds(urlState.get("cmpseeds") ?? "", props.limits.seeds);
  if (isAllowed(linked)) return linked.seeds.join(", ");
  const seeds = Array.from({ length: MATRIX_SEEDS }, (_, by) => (page.seed.seed + by) % SEEDS);
  return seeds[0] < seeds[seeds.length - 1] ? `${seeds[0]}-${seeds[seeds.length - 1]}` : seeds.join(", ");
}

export function beginMatrix() {
  if ($(".seeds").value === "") $(".seeds").value = firstSeeds();
  $(".pair").hidden = $(".curtain").hidden = $(".guess").hidden = true;
  $(".how").textContent = textOf("compare_how_matrix");
  drawMatrix();
}

const isDrawing = () => state.progress?.key === "compare_progress";

/** @param {MatrixProgress | null} next */
export function showProgress(next) {
  state.progress = next;
  $(".matrix-form .stop").hidden = !isDrawing();
  $(".matrix-progress").hidden = state.progress === null;
  $(".matrix-progress").textContent = state.progress === null ? "" : textOf(state.progress.key, state.progress);
  $(".matrix").setAttribute("aria-busy", isDrawing());
}

// No further row comes, and the one that is being drawn is given up, too.
export function stopMatrix() {
  drawing += 1;
  if (isDrawing()) stopping = callServer(server.compare_stop, { visitor });
}

$(".matrix-form .stop").addEventListener("click", () => {
  stopMatrix();
  const stopped = { rows: 0, ...state.progress, row: state.rows.length, key: "compare_stopped" };
  showProgress(stopped);
  announce(textOf(stopped.key, stopped));
  $(".draw-matrix").focus();
});

// Nothing is drawn for a truncation that is none; whoever comes back may have chosen one.
function refuseMatrix() {
  if (state.begun !== null) state.begun.left = true;
  showProblem(urlState.wrong(["psi"]));
}

// Whoever comes back to the tab finds the matrix whole, and of the truncation that is looked at now.
export const goOnWithMatrix = () =>
  state.begun !== null && (state.begun.left || state.begun.psi !== page.seed.psi) && drawMatrix();

export async function drawMatrix() {
  stopMatrix();
  showProgress(null);
  if (state.list === null) return;
  const mine = drawing;
  const { psi } = page.seed;
  /** @type {MatrixBegun} */
  const begun = { psi, left: false, seeds: [], hashes: [] };
  state.begun = begun;
  if (urlState.wrong(["psi"])) return refuseMatrix();
  const { seeds, count, bad } = parseSeeds($(".seeds").value, props.limits.seeds);
  const hashes = chosen().map((slot) => slot.shown);
  if (bad !== undefined || count === 0) return showProblem({ code: "error_seeds", values: { value: bad ?? "" } });
  if (count > props.limits.seeds) {
    return showProblem({ code: "error_too_many_tiles", values: { seeds: count, checkpoints: hashes.length } });
  }
  showProblem(null);
  urlState.set({ cmpseeds: seeds.join(",") });
  Object.assign(begun, { seeds, hashes });
  state.rows = [];
  showMatrix();
  if (hashes.length === 0) return; // all are waited for
  await stopping; // or it would call off the first row, too
  if (mine === drawing) drawRows();
}

// The rows that have not come yet.
export async function drawRows() {
  const mine = (drawing += 1);
  const { begun } = state;
  if (begun === null) return;
  const { psi, seeds, hashes } = begun;
  begun.cut = false;
  for (let row = state.rows.length; row < seeds.length; row += 1) {
    showProgress({ key: "compare_progress", row: row + 1, rows: seeds.length });
    const answer = await callServer(server.compare_row, {
      checkpoints: hashes,
      seeds,
      row,
      psi,
      visitor,
      preview: true,
    });
    if (mine !== drawing) return;
    if (!isOpen() || answer.superseded || answer.error) {
      showProgress(null);
      begun.left = !isOpen();
      begun.cut = answer.error?.code === "error_connection";
      return answer.error && fail(answer.error);
    }
    const made = await rowOf(answer, psi);
    if (mine !== drawing) return;
    showProblem(null);
    state.rows.push(made);
    for (const { sha256 } of made.tiles) seenSeeds.add({ sha256, seed: answer.seed });
    showMatrix();
    announce(textOf("compare_row", { row: row + 1, rows: seeds.length }));
  }
  showProgress(null);
}

/**
 * @param {RowReply} answer
 * @param {number} psi
 * @returns {Promise<MatrixRow>}
 */
async function rowOf(answer, psi) {
  const images = await Promise.all(answer.tiles.map((one) => decoded(jpegUrl(one.jpeg))));
  return { ...answer, tiles: answer.tiles.map((one) => ({ ...one, ...described(one.sha256) })), psi, images };
}

// What is saved is exact: put it in the place of previews. Tells whether all of it has come.
export async function drawExactly() {
  const drawn = state.rows; // a matrix that is begun anew has others
  const isStopped = (/** @type {any} */ answer) => drawn !== state.rows || answer.superseded || answer.error;
  for (const [place, { seed, psi, tiles }] of drawn.entries()) {
    if (!tiles.some(isPreview)) continue;
    if (!isDrawing()) showProgress({ key: "compare_exactly", row: place + 1, rows: drawn.length });
    const request = { checkpoints: tiles.map((one) => one.sha256), seeds: [seed], row: 0, psi, visitor, save: true };
    const answer = await callServer(server.compare_row, request);
    if (isStopped(answer)) return answer.error && drawn === state.rows && fail(answer.error);
    drawn[place] = await rowOf(answer, psi);
    if (drawn === state.rows) showMatrix();
  }
  return drawn === state.rows;
}

export function showMatrix() {
  const drawn = chosen().map((slot) => ({ sha256: slot.shown, ...described(slot.shown) }));
  const headOf = (/** @type {Described & { sha256: string }} */ one, /** @type {number} */ index) =>
    make(
      "th",
      { scope: "col" },
      `${index + 1} · ${nameText(one.name)}`,
      make("span", { textContent: identityOf(one) }),
    );
  const head = make("tr", {}, make("td"), ...drawn.map(headOf));
  const body = state.rows.map((row) => {
    const hashes = new Set(row.tiles.map((one) => one.z_hash));
    const preview = row.tiles.some(isPreview) ? textOf("preview") : null;
    const details = [hashes.size === 1 ? `z ${[...hashes][0]}` : null, psiText(row.psi), preview].filter(Boolean);
    const title = make(
      "th",
      { scope: "row" },
      rowButton(row),
      ...details.map((textContent) => make("span", { textContent })),
    );
    return make(
      "tr",
      {},
      title,
      ...row.tiles.map((one, column) =>
        make(
          "td",
          {},
          thumbnail(row, column),
          ...(hashes.size === 1 ? [] : [make("span", { textContent: `z ${one.z_hash}` })]),
        ),
      ),
    );
  });
  const table = make("table", {}, make("thead", {}, head), make("tbody", {}, ...body));
  table.setAttribute("aria-label", textOf("compare_matrix"));
  table.style.setProperty("--columns", String(drawn.length));
  giveRoles(table);
  $(".matrix").replaceChildren(table);
  showMismatch();
}

// On a phone the rows are no rows to the browser; roles say that they are.
/** @type {Map<string, string>} */
const ROLES = new Map([
  ["TABLE", "table"],
  ["THEAD", "rowgroup"],
  ["TBODY", "rowgroup"],
  ["TR", "row"],
  ["TD", "cell"],
]);
/** @param {HTMLTableElement} table */
function giveRoles(table) {
  for (const node of [table, ...findersIn(table)("thead, tbody, tr, th, td")]) {
    node.setAttribute("role", ROLES.get(node.tagName) ?? (node.scope === "col" ? "columnheader" : "rowheader"));
  }
}

/**
 * @param {MatrixRow} row
 * @param {number} column
 */
function thumbnail(row, column) {
  const { sha256 } = row.tiles[column];
  const tile = { sha256, seed: row.seed, psi: row.psi, name: described(sha256).name };
  const image = row.images[column];
  image.alt = textOf("tile_alt", tile);
  const button = make("button", { type: "button", className: "thumb" }, image);
  button.title = tileWords(tile);
  button.setAttribute("aria-label", textOf("compare_open_tile", { words: button.title }));
  button.addEventListener("click", () => openSeed(tile));
  return button;
}

/**
 * The seed of a row puts this seed in the grid. The keyboard, whose button goes with the matrix, goes on at the modes.
 * @param {MatrixRow} row
 */
function rowButton({ seed, psi }) {
  const button = make(
    "button",
    { type: "button", className: "to-grid" },
    make("strong", { textContent: String(seed) }),
  );
  button.setAttribute("aria-label", textOf("compare_row_seed", { seed }));
  button.addEventListener("click", (event) => {
    setSeed({ seed, psi });
    matrixLeft.send();
    if (event.detail === 0) $(".modes :checked").focus();
  });
  return button;
}

// The seeds that were starred last, where there are any.
const starred = () => [...new Set(localFavourites.all().map((one) => one.seed))].slice(-props.limits.seeds);
const showStarred = () => ($(".favourites").hidden = starred().length === 0);
document.addEventListener("race:favourites", showStarred);
showStarred();
$(".favourites").addEventListener("click", () => {
  $(".seeds").value = starred().join(", ");
  drawChosen();
});

$(".matrix-form").addEventListener("submit", (/** @type {Event} */ event) => {
  event.preventDefault();
  drawChosen();
});

function drawChosen() {
  urlState.dropWrong();
  drawMatrix();
}
