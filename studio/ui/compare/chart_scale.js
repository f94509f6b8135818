// The scales of a chart: what part of its lines is shown, and where its axes are marked.

/** @import { ChartLine, Point } from "./types.d.ts" */

/**
 * What a chart shows. `unit` is the size from which on a logarithmic scale is one, `place` puts a value on the axis.
 * @typedef {{ low: number, high: number, unit: number, scale: string, place: (y: number) => number }} ChartRange
 */

const SHARES = Array.from({ length: 21 }, (_, step) => step / 20);
const MIDDLE = [0.35, 0.65]; // one wild line of three does not reach into it
const FAR = 5; // this many times the middle beyond it is far out: some four standard deviations of a normal distribution
const ROOM = 0.04; // of the range, above and below it

/**
 * Round numbers from `low` to `high`, about `count` of them.
 * @param {number} low
 * @param {number} high
 * @param {number} count
 */
export function ticks(low, high, count) {
  const rough = (high - low) / Math.max(count, 1);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5].map((by) => by * power).find((one) => one >= rough * 0.999) ?? 10 * power;
  const first = Math.ceil(low / step - 1e-9);
  return Array.from({ length: Math.floor(high / step + 1e-9) - first + 1 }, (_, by) => (first + by) * step);
}

/** @param {number[]} values */
const sorted = (values) => values.toSorted((one, other) => one - other);

/**
 * @param {number[]} values in their order
 * @param {number} share
 */
const quantile = (values, share) => values[Math.round((values.length - 1) * share)];

/** @param {Point[]} points */
const valuesOf = (points) => points.map((point) => point.y);

/**
 * The values that are to be seen: every line that does not flatten the others whole, and of its raw points those that are
 * not far from the middle of all. Each line weighs the same, however many points it has; a wild one is beyond with
 * more than a tenth of it.
 * @param {ChartLine[]} lines
 */
function calmValues(lines) {
  const smooth = lines.map((line) => sorted(valuesOf(line.smooth)));
  const own = smooth.map((values) => SHARES.map((share) => quantile(values, share)));
  const all = sorted(own.flat());
  const [lower, upper] = MIDDLE.map((share) => quantile(all, share));
  const reach = FAR * (upper - lower) || Infinity;
  const isNear = (/** @type {number} */ y) => y >= lower - reach && y <= upper + reach;
  const calm = lines.filter((_, at) => isNear(own[at][2]) && isNear(own[at][SHARES.length - 3]));
  return calm.flatMap((line) => [...valuesOf(line.smooth), ...valuesOf(line.points).filter(isNear)]);
}

/**
 * What a chart shows: on a linear scale what most lines show, on a logarithmic one everything there is, also below 0.
 * @param {ChartLine[]} lines
 * @param {string} scale
 * @returns {ChartRange}
 */
export function rangeOf(lines, scale) {
  const all = lines.flatMap((line) => valuesOf(line.points));
  const calm = scale === "linear" ? calmValues(lines) : [];
  const values = calm.length > 0 ? calm : all;
  const unit = quantile(sorted(all.map(Math.abs).filter((size) => size > 0)), 0.25) ?? 1;
  const isLinear = scale === "linear";
  const place = (/** @type {number} */ y) => (isLinear ? y : Math.asinh(y / unit));
  const back = (/** @type {number} */ at) => (isLinear ? at : Math.sinh(at) * unit);
  const [low, high] = [Math.min(...values), Math.max(...values)].map(place);
  const room = (high - low || Math.abs(high) || 1) * ROOM;
  return { low: back(low - room), high: back(high + room), unit, scale, place };
}

/**
 * Where a logarithmic axis is marked: 0 and powers of ten on both sides of it, or evenly where it spans less than that.
 * @param {Pick<ChartRange, "low" | "high" | "unit">} range
 */
export function powers({ low, high, unit }) {
  const ends = [unit, Math.max(Math.abs(low), Math.abs(high))];
  const [first, last] = ends.map((size) => Math.ceil(Math.log10(size) - 1e-9));
  const sizes = Array.from({ length: Math.max(last - first + 1, 0) }, (_, by) => 10 ** (first + by));
  const marks = [...sizes.map((size) => -size), 0, ...sizes].filter((y) => y >= low && y <= high);
  return marks.length > 1 ? marks : ticks(low, high, 5);
}
