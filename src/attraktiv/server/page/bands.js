// What a band looks like wherever there is one, and when a place cannot be told from average.

import { svg } from "./dom.js";
import { number } from "./words.js";

const WIDTH = 120;
const HEIGHT = 18;

export const holdsZero = (row) => row.lower === null || (row.lower <= 0 && row.upper >= 0);

/** A class from below-3 to above-3, or unsure; `steps` are two limits of the size of the mean. */
export function shade(row, steps) {
  if (!row || row.mean === null) return "missing";
  if (holdsZero(row)) return "unsure";
  const size = Math.abs(row.mean);
  const step = size > steps[1] ? 3 : size > steps[0] ? 2 : 1;
  return `${row.mean > 0 ? "above" : "below"}-${step}`;
}

/** Limits that part the sizes of the means into three. */
export function steps(rows) {
  const sizes = rows.filter((row) => !holdsZero(row)).map((row) => Math.abs(row.mean));
  sizes.sort((a, b) => a - b);
  return [1 / 3, 2 / 3].map((share) => sizes[Math.floor(share * sizes.length)] ?? 0);
}

export function extent(rows) {
  // a place that was left out of the fit has the prior's band, which would make all others dots
  const ends = rows.filter((row) => row.lower !== null && !row.from_prior).flatMap((row) => [row.lower, row.upper]);
  const widest = Math.max(0.1, ...ends.map(Math.abs));
  return [-widest, widest];
}

/** An interval with its mean on a common scale. */
export function interval(row, [low, high]) {
  const at = (value) => (WIDTH * (Math.min(high, Math.max(low, value)) - low)) / (high - low);
  const mid = HEIGHT / 2;
  const zero = svg("line", { x1: at(0), x2: at(0), y1: 0, y2: HEIGHT, class: "zero" });
  const picture = svg("svg", {
    viewBox: `0 0 ${WIDTH} ${HEIGHT}`, width: WIDTH, height: HEIGHT, "aria-hidden": "true",
    class: "interval",
  }, zero);
  if (row.lower === null) return picture;
  const look = holdsZero(row) ? "unsure" : row.mean > 0 ? "above" : "below";
  picture.append(
    svg("line", { x1: at(row.lower), x2: at(row.upper), y1: mid, y2: mid, class: `band ${look}` }),
    svg("circle", { cx: at(row.mean), cy: mid, r: 4, class: `dot ${look}` }),
  );
  return picture;
}

export const bandText = (row, decimals = 2) =>
  row.lower === null ? "–" : `${number(row.lower, decimals)} – ${number(row.upper, decimals)}`;
