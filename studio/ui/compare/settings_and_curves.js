// What the passports and the logs say: settings that differ, curves on one axis, both with their numbers in words.

import { callServer } from "../shared/api.js";
import { make } from "../shared/dom.js";
import { page } from "../shared/page_state.js";
import { deviceText, nameText, namedText, textOf } from "../shared/texts.js";
import { rangeOf } from "./chart_scale.js";
import { chosen, described, isOpen } from "./compared.js";
import { $, server, showProblem, state } from "./context.js";
import { chart, lineSample } from "./line_chart.js";
import { followCurves } from "./live_curves.js";

/** @import { CurvesReply, FactsReply, Scores } from "../protocol.d.ts" */
/** @import { Named } from "../shared/types.d.ts" */
/** @import { ChartRange } from "./chart_scale.js" */
/** @import { ChartLine, Point } from "./types.d.ts" */
/** @typedef {FactsReply & { runs: string[], shown: string[] }} Facts */
/** @typedef {"images" | "seconds"} Axis */
/** @typedef {Scores & { index: number }} ScoreRow */

/** @type {Facts | null} of what is compared now */
let facts = null;

/** What is compared now, for what is called only once it is known. */
const factsNow = () => /** @type {Facts} */ (facts);
let asking = 0;

const DIGITS = 4;
/** @param {number | null | undefined} value */
const numberText = (value) =>
  value === null || value === undefined
    ? "–"
    : Number(value.toPrecision(DIGITS)).toLocaleString(page.language, { maximumSignificantDigits: DIGITS });
const panels = [".settings", ".curves"].map($);

export function forgetFacts() {
  facts = null;
  following.end();
  $(".following").hidden = true;
  asking += 1; // what is still on its way is of what was compared before
  if (panels.some((panel) => panel.open)) askFacts();
}

// Settings are those of the step that is shown; curves and scores are a run's.
async function askFacts() {
  const [runs, shown] = [chosen().map((slot) => slot.sha256), chosen().map((slot) => slot.shown)];
  if (facts !== null || state.list === null || runs.length === 0) return;
  const mine = (asking += 1);
  const answer = await callServer(server.compare_facts, { checkpoints: runs, shown });
  if (mine !== asking) return;
  if (answer.error) return showProblem(answer.error);
  facts = { ...answer, runs, shown };
  showFacts();
  following.begin();
}

// While the curves are on the screen, those of a run that goes on grow with it.
const following = followCurves({
  isWanted: () => facts !== null && panels[1].open && isOpen() && document.visibilityState === "visible",
  ask: (versions) => callServer(server.compare_curves, { checkpoints: factsNow().runs, versions }),
  show: takeGrown,
});

/** @param {CurvesReply} answer */
function takeGrown({ curves, growing }) {
  $(".following").hidden = !growing;
  if (curves.every((one) => one === null)) return;
  const now = factsNow();
  now.curves = now.curves.map((before, index) => curves[index] ?? before);
  showQuantities();
  showCurves();
}
for (const name of ["visibilitychange", "race:tab"]) document.addEventListener(name, following.resume);
for (const panel of panels) {
  panel.addEventListener("toggle", () => {
    if (panel.open) (facts === null ? askFacts : showFacts)();
    following.resume();
  });
}

/** @param {number} index */
const nameAt = (index) => `${index + 1} · ${nameText(described(factsNow().runs[index]).name)}`;

/**
 * A step that is not a run's newest says how many images it had seen.
 * @param {number} index
 */
function stepNameAt(index) {
  const { runs, shown } = factsNow();
  const { images } = described(shown[index]);
  if (shown[index] === runs[index] || images === null) return nameAt(index);
  return `${nameAt(index)} · ${textOf("compare_images", { images: images.toLocaleString(page.language) })}`;
}

export function showFacts() {
  if (facts === null) return;
  showSettings();
  showScores();
  showQuantities();
  showCurves();
}

/**
 * @param {string} caption
 * @param {string[]} head
 * @param {string[][]} body
 */
function table(caption, head, body) {
  const node = make("table", {}, make("caption", { className: "spoken", textContent: caption }));
  node.append(
    make("thead", {}, make("tr", {}, ...head.map((text) => make("th", { scope: "col", textContent: text })))),
  );
  node.append(
    make(
      "tbody",
      {},
      ...body.map(([first, ...rest]) =>
        make(
          "tr",
          {},
          make("th", { scope: "row", textContent: first }),
          ...rest.map((text) => make("td", { textContent: text })),
        ),
      ),
    ),
  );
  return node;
}

/**
 * A fact of the passport in words; what a recipe sets stays as the recipe says it.
 * @param {string} field_
 * @param {Named | string | null} value
 * @returns {string}
 */
function factText(field_, value) {
  if (value === null) return "–";
  if (typeof value !== "string") return namedText(value) ?? "–";
  if (field_ === "about_devices") return value.split(", ").map(deviceText).join(textOf("device_separator"));
  return value;
}

/**
 * A setting is called as the recipe calls it; a fact of the passport has a name in words.
 * @param {string} field_
 */
const settingName = (field_) => (field_.startsWith("about_") ? textOf(`compare_${field_}`) : field_);

function showSettings() {
  const rows = factsNow().settings.filter((row) => row.differs || $(".show-all").checked);
  const body = rows.map((row) => [settingName(row.field), ...row.values.map((value) => factText(row.field, value))]);
  const words = factsNow().settings.length === 0 ? "compare_no_settings" : "compare_no_difference";
  const node =
    rows.length === 0
      ? make("p", { className: "hint", textContent: textOf(words) })
      : table(
          textOf("compare_settings"),
          [textOf("compare_setting"), ...factsNow().runs.map((_, index) => stepNameAt(index))],
          body,
        );
  $(".settings-table").replaceChildren(node);
}
$(".show-all").addEventListener("change", () => facts !== null && showSettings());

// A number and its spread to the same digits, as About writes them.
const digits = (/** @type {number} */ count) => ({ minimumFractionDigits: count, maximumFractionDigits: count });
/** @type {Record<string, Intl.NumberFormatOptions>} */
const SCORE_DIGITS = { kid: digits(4), fid: digits(2), precision: digits(3), recall: digits(3), copies: digits(3) };

// What the passports got. Few pictures make a number too noisy to rank by: it is greyed, and says so.
function showScores() {
  const rows = factsNow().scores.flatMap((some, index) => some.map((one) => ({ ...one, index })));
  const column = (/** @type {string} */ name) => textOf(`compare_score_${name}`);
  const shown = ["kid", "fid", "precision", "recall", "copies"].filter((name) =>
    rows.some((row) => name in row.numbers),
  );
  const cellOf = (/** @type {ScoreRow} */ row, /** @type {string} */ name) => {
    if (!(name in row.numbers)) return "–";
    const [value, spread] = [row.numbers[name], row.numbers[`${name}_spread`]].map((number) =>
      number?.toLocaleString(page.language, SCORE_DIGITS[name]),
    );
    return spread === undefined ? (value ?? "–") : `${value} ± ${spread}`;
  };
  const body = rows.map((row) => {
    const fakes = textOf(row.few ? "compare_few" : "compare_fakes", {
      count: row.fakes?.toLocaleString(page.language) ?? "?",
    });
    return [nameAt(row.index), ...shown.map((name) => cellOf(row, name)), fakes, namedText(row.network) ?? "–"];
  });
  $(".scores").hidden = rows.length === 0;
  if (rows.length === 0) return;
  const node = table(textOf("compare_scores"), ["name", ...shown, "fakes", "network"].map(column), body);
  [...node.tBodies[0].rows].forEach((line, at) => line.classList.toggle("few", rows[at].few));
  const several = new Set(rows.map((row) => row.network?.text)).size > 1 ? textOf("compare_networks") : "";
  $(".scores").replaceChildren(
    make("h2", { textContent: textOf("compare_scores") }),
    node,
    make("p", { className: "hint", textContent: `${textOf("compare_eye")} ${several}` }),
  );
}

/**
 * The curves: one line for each checkpoint; of the same checkpoint twice only one. What the training logs has a name in
 * words here; what another program logged is called as it calls it.
 * @param {string} kind
 * @param {string} name
 */
function logged(kind, name) {
  const code = `${kind}_${name}`;
  const words = textOf(code);
  return words === code ? name : words;
}

const quantities = () => [...new Set(factsNow().curves.flatMap((one) => Object.keys(one.quantities)))];

function showQuantities() {
  const before = $(".quantity").value;
  const options = quantities().map((name) => new Option(logged("quantity", name), name, false, name === before));
  const textsOf = (/** @type {Iterable<HTMLOptionElement>} */ some) =>
    [...some].map((option) => `${option.value} ${option.text}`).join();
  if (textsOf($(".quantity").options) === textsOf(options)) return; // somebody may have it open
  $(".quantity").replaceChildren(...options);
}

/**
 * @param {string} quantity
 * @param {Axis} axis
 * @returns {ChartLine[]}
 */
function linesOf(quantity, axis) {
  const smoothing = Number($(".smoothing").value);
  const { curves, runs } = factsNow();
  return curves.map((one, index) => {
    const values = one.quantities[quantity] ?? [];
    const points = one[axis].flatMap((x, at) => {
      const y = values[at] ?? null;
      return y === null ? [] : [{ x, y }];
    });
    const alarms = one.alarms.map((alarm) => ({ x: alarm[axis], name: logged("alarm", alarm.name) }));
    const twin = runs.indexOf(runs[index]) < index;
    return {
      index,
      name: nameAt(index),
      points: twin ? [] : points,
      smooth: twin ? [] : smoothed(points, smoothing),
      alarms: twin ? [] : alarms,
    };
  });
}

/**
 * A running mean that forgets: each point keeps `share` of what came before; the first ones are not pulled to zero.
 * @param {Point[]} points
 * @param {number} share
 * @returns {Point[]}
 */
function smoothed(points, share) {
  let [sum, weight] = [0, 0];
  return points.map(({ x, y }) => {
    sum = share * sum + (1 - share) * y;
    weight = share * weight + (1 - share);
    return { x, y: sum / weight };
  });
}

function showCurves() {
  const [quantity, axis] = [$(".quantity").value, $(".axis").value];
  const lines = linesOf(quantity, axis);
  const drawn = lines.filter((line) => line.points.length > 0);
  const words = logged("quantity", quantity);
  const shown = rangeOf(drawn, $(".scale").value);
  const label = textOf("compare_chart_alt", {
    quantity: words,
    axis: textOf(`compare_axis_${axis}`),
    names: drawn.map((line) => line.name).join(", "),
  });
  const empty = make("p", { className: "hint", textContent: textOf("compare_no_curves") });
  const width = $(".chart").clientWidth || 640;
  $(".chart").replaceChildren(
    drawn.length === 0
      ? empty
      : chart({
          lines,
          shown,
          width,
          label,
          quantity: words,
          axis: textOf(`compare_axis_${axis}`),
          language: page.language,
        }),
  );
  showCut(drawn, shown);
  $(".legend").replaceChildren(...drawn.map(legendNode));
  $(".alarm-list").replaceChildren(...drawn.flatMap((line) => alarmNodes(line, axis)));
  showCurveTable(lines, axis);
}

/**
 * Which lines leave the part of the axis that is shown, and how far they go.
 * @param {ChartLine[]} lines
 * @param {ChartRange} range
 */
function showCut(lines, { low, high }) {
  const said = lines.map(({ name, points }) => {
    const values = points.map((point) => point.y);
    return { name, least: Math.min(...values), most: Math.max(...values) };
  });
  const cut = said.filter(({ least, most }) => least < low || most > high);
  const names = cut.map((one) =>
    textOf("compare_cut_line", { name: one.name, low: numberText(one.least), high: numberText(one.most) }),
  );
  $(".cut").hidden = cut.length === 0;
  $(".cut").textContent = textOf("compare_cut", { names: names.join(textOf("compare_cut_and")) });
}

/** @param {ChartLine} line */
function legendNode(line) {
  const item = make("li", {}, lineSample(line.index), make("span", { textContent: line.name }));
  if (line.alarms.length > 0) {
    item.append(
      make("span", { className: "alarm-count", textContent: textOf("compare_alarms", { count: line.alarms.length }) }),
    );
  }
  return item;
}

/**
 * Each kind of alarm of a run once: when it was first triggered, and how often.
 * @param {ChartLine} line
 * @param {Axis} axis
 */
function alarmNodes({ name, alarms }, axis) {
  return [...new Set(alarms.map((alarm) => alarm.name))].map((words) => {
    const raised = alarms.filter((alarm) => alarm.name === words);
    const values = {
      name,
      words,
      count: raised.length,
      at: numberText(raised[0].x),
      axis: textOf(`compare_axis_${axis}`),
    };
    return make("li", { textContent: textOf("compare_alarm", values) });
  });
}

/**
 * @param {ChartLine[]} lines
 * @param {Axis} axis
 */
function showCurveTable(lines, axis) {
  const head = ["name", "points", "first", "last", "lowest", "highest", "alarm_list"].map((name) =>
    textOf(`compare_col_${name}`),
  );
  const body = lines.map(({ name, points, alarms }) => {
    const values = points.map((point) => point.y);
    const at = (/** @type {Point | undefined} */ point) =>
      point === undefined ? "–" : `${numberText(point.y)} (${numberText(point.x)})`;
    const least = points.find((point) => point.y === Math.min(...values));
    const most = points.find((point) => point.y === Math.max(...values));
    const said = alarms.map((alarm) => `${alarm.name} (${numberText(alarm.x)})`).join(", ") || "–";
    return [name, String(points.length), at(points[0]), at(points.at(-1)), at(least), at(most), said];
  });
  $(".curve-table").replaceChildren(
    table(
      textOf("compare_table_caption", {
        quantity: logged("quantity", $(".quantity").value),
        axis: textOf(`compare_axis_${axis}`),
      }),
      head,
      body,
    ),
  );
}

for (const selector of [".quantity", ".axis", ".scale", ".smoothing"]) {
  $(selector).addEventListener("input", () => facts !== null && showCurves());
}
new ResizeObserver(() => facts !== null && panels[1].open && showCurves()).observe($(".curves"));
