// Lines on one pair of axes, as SVG. A line has its own colour and its own dashes; alarms are triangles on the lower axis.

import { powers, ticks } from "./chart_scale.js";

/** @import { ChartRange } from "./chart_scale.js" */
/** @import { ChartLine, Point } from "./types.d.ts" */

/**
 * What a chart is drawn of: its lines, the part of the axis that is shown, and its words.
 * @typedef {object} ChartParts
 * @property {ChartLine[]} lines
 * @property {ChartRange} shown
 * @property {number} width
 * @property {string} label for a screen reader
 * @property {string} quantity
 * @property {string} axis
 * @property {string} language
 */

const SVG = "http://www.w3.org/2000/svg";
const DASHES = ["", "7 3", "2 3", "10 3 2 3", "5 2 1 2", "1 2"];
const MARGIN = { left: 58, right: 14, top: 12, bottom: 44 };

/**
 * @param {string} tag
 * @param {Record<string, string | number>} attributes
 * @param {(Node | string)[]} children
 */
function svg(tag, attributes = {}, ...children) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, String(value));
  node.append(...children);
  return node;
}

/** @param {ChartParts} parts */
export function chart({ lines, shown, width, label, quantity, axis, language }) {
  const height = Math.round(Math.min(360, Math.max(220, width * 0.5)));
  const drawn = lines.filter((line) => line.points.length > 0);
  const { low, high, place } = shown;
  const last = Math.max(...drawn.map(({ points }) => points[points.length - 1].x), 1);
  const [right, bottom] = [width - MARGIN.right, height - MARGIN.bottom];
  const toX = (/** @type {number} */ x) => MARGIN.left + (x / last) * (right - MARGIN.left);
  const toY = (/** @type {number} */ y) =>
    bottom - ((place(y) - place(low)) / (place(high) - place(low))) * (bottom - MARGIN.top);
  const short = new Intl.NumberFormat(language, { notation: "compact", maximumSignificantDigits: 3 });
  const root = svg("svg", {
    class: "curves-svg",
    viewBox: `0 0 ${width} ${height}`,
    width,
    height,
    role: "img",
    "aria-label": label,
  });
  for (const y of shown.scale === "log" ? powers(shown) : ticks(low, high, 5)) {
    root.append(svg("line", { class: "grid", x1: MARGIN.left, x2: right, y1: toY(y), y2: toY(y) }));
    root.append(svg("text", { x: MARGIN.left - 8, y: toY(y) + 4, "text-anchor": "end" }, short.format(y)));
  }
  for (const x of ticks(0, last, width / 110)) {
    root.append(svg("text", { x: toX(x), y: bottom + 18, "text-anchor": "middle" }, short.format(x)));
  }
  root.append(svg("line", { class: "base", x1: MARGIN.left, x2: right, y1: bottom, y2: bottom }));
  root.append(svg("text", { x: right, y: height - 6, "text-anchor": "end", class: "axis-name" }, axis));
  root.append(svg("text", { x: 4, y: height - 6, class: "axis-name" }, quantity));
  const pathOf = (/** @type {Point[]} */ points) =>
    points.map(({ x, y }) => `${toX(x).toFixed(1)},${toY(y).toFixed(1)}`).join(" ");
  const box = { x: MARGIN.left, y: MARGIN.top, width: right - MARGIN.left, height: bottom - MARGIN.top };
  const inside = svg("svg", { ...box, viewBox: Object.values(box).join(" ") }); // which cuts off what goes beyond
  for (const { index, points } of drawn) {
    inside.append(svg("polyline", { class: `raw series-${index}`, points: pathOf(points) }));
  }
  for (const { index, smooth } of drawn) {
    inside.append(
      svg("polyline", { class: `smooth series-${index}`, "stroke-dasharray": DASHES[index], points: pathOf(smooth) }),
    );
  }
  root.append(inside);
  for (const line of drawn) {
    root.append(...line.alarms.map((alarm) => alarmMark(line, alarm, toX(Math.min(alarm.x, last)), bottom)));
  }
  return root;
}

/**
 * A triangle on the lower axis.
 * @param {ChartLine} line
 * @param {{ name: string }} alarm
 * @param {number} x
 * @param {number} bottom
 */
function alarmMark(line, alarm, x, bottom) {
  const corners = `M${x - 6},${bottom} L${x + 6},${bottom} L${x},${bottom - 11} Z`;
  const mark = svg("path", { class: `alarm series-${line.index}`, d: corners });
  mark.append(svg("title", {}, `${line.name}: ${alarm.name}`));
  return mark;
}

/** @param {number} index */
export const lineSample = (index) =>
  svg(
    "svg",
    { width: 34, height: 12, "aria-hidden": "true" },
    svg("line", { class: `smooth series-${index}`, "stroke-dasharray": DASHES[index], x1: 0, x2: 34, y1: 6, y2: 6 }),
  );
