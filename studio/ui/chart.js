// Lines on one pair of axes, as SVG. A line has its own colour and its own dashes; alarms are triangles on the lower axis.
const SVG = "http://www.w3.org/2000/svg";
const DASHES = ["", "7 3", "2 3", "10 3 2 3", "5 2 1 2", "1 2"];
const MARGIN = { left: 58, right: 14, top: 12, bottom: 44 };

function svg(tag, attributes = {}, ...children) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

// Round numbers from `low` to `high`, about `count` of them.
function ticks(low, high, count) {
  const rough = (high - low) / Math.max(count, 1);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((by) => by * power).find((one) => one >= rough * 0.999);
  const first = Math.ceil(low / step - 1e-9);
  return Array.from({ length: Math.floor(high / step + 1e-9) - first + 1 }, (_, by) => (first + by) * step);
}

// The range that a chart shows: every smooth line whole, and of the raw points all but the wildest one in fifty.
function rangeOf(lines) {
  const raw = lines.flatMap((line) => line.points.map((point) => point.y)).sort((one, other) => one - other);
  const smooth = lines.flatMap((line) => line.smooth.map((point) => point.y));
  const cut = Math.floor(raw.length / 100);
  const low = Math.min(raw[cut], ...smooth);
  const high = Math.max(raw[raw.length - 1 - cut], ...smooth);
  const room = (high - low || Math.abs(high) || 1) * 0.04;
  return [low - room, high + room];
}

function chart({ lines, width, label, quantity, axis, language }) {
  const height = Math.round(Math.min(360, Math.max(220, width * 0.5)));
  const drawn = lines.filter((line) => line.points.length > 0);
  const [low, high] = rangeOf(drawn);
  const last = Math.max(...drawn.map((line) => line.points.at(-1).x), 1);
  const [right, bottom] = [width - MARGIN.right, height - MARGIN.bottom];
  const toX = (x) => MARGIN.left + (x / last) * (right - MARGIN.left);
  const toY = (y) => bottom - ((Math.min(Math.max(y, low), high) - low) / (high - low)) * (bottom - MARGIN.top);
  const short = new Intl.NumberFormat(language, { notation: "compact", maximumSignificantDigits: 3 });
  const root = svg("svg", { class: "curves-svg", viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": label });
  for (const y of ticks(low, high, 5)) {
    root.append(svg("line", { class: "grid", x1: MARGIN.left, x2: right, y1: toY(y), y2: toY(y) }));
    root.append(svg("text", { x: MARGIN.left - 8, y: toY(y) + 4, "text-anchor": "end" }, short.format(y)));
  }
  for (const x of ticks(0, last, width / 110)) {
    root.append(svg("text", { x: toX(x), y: bottom + 18, "text-anchor": "middle" }, short.format(x)));
  }
  root.append(svg("line", { class: "base", x1: MARGIN.left, x2: right, y1: bottom, y2: bottom }));
  root.append(svg("text", { x: right, y: height - 6, "text-anchor": "end", class: "axis-name" }, axis));
  root.append(svg("text", { x: 4, y: height - 6, class: "axis-name" }, quantity));
  const pathOf = (points) => points.map(({ x, y }) => `${toX(x).toFixed(1)},${toY(y).toFixed(1)}`).join(" ");
  for (const { index, points } of drawn) root.append(svg("polyline", { class: `raw series-${index}`, points: pathOf(points) }));
  for (const { index, smooth } of drawn) root.append(svg("polyline", { class: `smooth series-${index}`, "stroke-dasharray": DASHES[index], points: pathOf(smooth) }));
  for (const { index, name, alarms } of drawn) {
    for (const alarm of alarms) {
      const x = toX(Math.min(alarm.x, last));
      const mark = svg("path", { class: `alarm series-${index}`, d: `M${x - 6},${bottom} L${x + 6},${bottom} L${x},${bottom - 11} Z` });
      mark.append(svg("title", {}, `${name}: ${alarm.name}`));
      root.append(mark);
    }
  }
  return root;
}

const lineSample = (index) =>
  svg("svg", { width: 34, height: 12, "aria-hidden": "true" }, svg("line", { class: `smooth series-${index}`, "stroke-dasharray": DASHES[index], x1: 0, x2: 34, y1: 6, y2: 6 }));
