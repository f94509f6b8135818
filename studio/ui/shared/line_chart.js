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

const sorted = (values) => values.toSorted((one, other) => one - other);
const quantile = (values, share) => values[Math.round((values.length - 1) * share)];
const SHARES = Array.from({ length: 21 }, (_, step) => step / 20);
const MIDDLE = [0.35, 0.65]; // one wild line of three does not reach into it
const FAR = 5; // this many times the middle beyond it is far out: some four standard deviations of a normal distribution

const valuesOf = (points) => points.map((point) => point.y);

// The values that are to be seen: every line that does not flatten the others whole, and of its raw points those that are
// not far from the middle of all. Each line weighs the same, however many points it has; a wild one is beyond with
// more than a tenth of it.
function calmValues(lines) {
  const own = lines.map((line) => sorted(valuesOf(line.smooth))).map((values) => SHARES.map((share) => quantile(values, share)));
  const all = sorted(own.flat());
  const [lower, upper] = MIDDLE.map((share) => quantile(all, share));
  const reach = FAR * (upper - lower) || Infinity;
  const isNear = (y) => y >= lower - reach && y <= upper + reach;
  const calm = lines.filter((_, at) => isNear(own[at][2]) && isNear(own[at].at(-3)));
  return calm.flatMap((line) => [...valuesOf(line.smooth), ...valuesOf(line.points).filter(isNear)]);
}

// What a chart shows: {low, high, scale}, and how it places a value: linear for what most lines show, logarithmic for
// everything there is, also below 0.
function rangeOf(lines, scale) {
  const all = lines.flatMap((line) => valuesOf(line.points));
  const calm = scale === "linear" ? calmValues(lines) : [];
  const values = calm.length > 0 ? calm : all;
  const unit = quantile(sorted(all.map(Math.abs).filter((size) => size > 0)), 0.25) ?? 1;
  const [place, back] = scale === "linear" ? [(y) => y, (at) => at] : [(y) => Math.asinh(y / unit), (at) => Math.sinh(at) * unit];
  const [low, high] = [Math.min(...values), Math.max(...values)].map(place);
  const room = (high - low || Math.abs(high) || 1) * 0.04;
  return { low: back(low - room), high: back(high + room), unit, scale, place };
}

// Where a logarithmic axis is marked: 0 and powers of ten on both sides of it, or evenly where it spans less than that.
function powers({ low, high, unit }) {
  const [first, last] = [unit, Math.max(Math.abs(low), Math.abs(high))].map((size) => Math.ceil(Math.log10(size) - 1e-9));
  const sizes = Array.from({ length: Math.max(last - first + 1, 0) }, (_, by) => 10 ** (first + by));
  const marks = [...sizes.map((size) => -size), 0, ...sizes].filter((y) => y >= low && y <= high);
  return marks.length > 1 ? marks : ticks(low, high, 5);
}

function chart({ lines, shown, width, label, quantity, axis, language }) {
  const height = Math.round(Math.min(360, Math.max(220, width * 0.5)));
  const drawn = lines.filter((line) => line.points.length > 0);
  const { low, high, place } = shown;
  const last = Math.max(...drawn.map((line) => line.points.at(-1).x), 1);
  const [right, bottom] = [width - MARGIN.right, height - MARGIN.bottom];
  const toX = (x) => MARGIN.left + (x / last) * (right - MARGIN.left);
  const toY = (y) => bottom - ((place(y) - place(low)) / (place(high) - place(low))) * (bottom - MARGIN.top);
  const short = new Intl.NumberFormat(language, { notation: "compact", maximumSignificantDigits: 3 });
  const root = svg("svg", { class: "curves-svg", viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": label });
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
  const pathOf = (points) => points.map(({ x, y }) => `${toX(x).toFixed(1)},${toY(y).toFixed(1)}`).join(" ");
  const box = { x: MARGIN.left, y: MARGIN.top, width: right - MARGIN.left, height: bottom - MARGIN.top };
  const inside = svg("svg", { ...box, viewBox: Object.values(box).join(" ") }); // which cuts off what goes beyond
  for (const { index, points } of drawn) inside.append(svg("polyline", { class: `raw series-${index}`, points: pathOf(points) }));
  for (const { index, smooth } of drawn) inside.append(svg("polyline", { class: `smooth series-${index}`, "stroke-dasharray": DASHES[index], points: pathOf(smooth) }));
  root.append(inside);
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
