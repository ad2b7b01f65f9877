// A map drawn from outlines: no tiles, nothing fetched from elsewhere.

import { shade } from "./bands.js";
import { svg } from "./dom.js";
import { number, t } from "./words.js";

const SIZE = 700;

/** Lambert's azimuthal projection about the middle of the country: areas stay true. */
function projection(points) {
  const span = (values) => [Math.min(...values), Math.max(...values)];
  const radians = Math.PI / 180;
  const middle = (values) => (radians * (span(values)[0] + span(values)[1])) / 2;
  const lon0 = middle(points.map((point) => point[0]));
  const lat0 = middle(points.map((point) => point[1]));
  return ([lon, lat]) => {
    const away = radians * lon - lon0;
    const phi = radians * lat;
    const cos = Math.sin(lat0) * Math.sin(phi) + Math.cos(lat0) * Math.cos(phi) * Math.cos(away);
    const k = Math.sqrt(2 / (1 + cos));
    return [
      k * Math.cos(phi) * Math.sin(away),
      -k * (Math.cos(lat0) * Math.sin(phi) - Math.sin(lat0) * Math.cos(phi) * Math.cos(away)),
    ];
  };
}

const rings = (geometry) =>
  geometry.type === "Polygon" ? geometry.coordinates : geometry.coordinates.flat();

let drawn = null; // paths by place, computed once

function paths(outlines) {
  if (drawn) return drawn;
  const every = outlines.features.map((feature) => [feature.properties.place, rings(feature.geometry)]);
  const project = projection(every.flatMap(([, parts]) => parts.flat()));
  const plane = every.map(([place, parts]) => [place, parts.map((ring) => ring.map(project))]);
  const xs = plane.flatMap(([, parts]) => parts.flatMap((ring) => ring.map((point) => point[0])));
  const ys = plane.flatMap(([, parts]) => parts.flatMap((ring) => ring.map((point) => point[1])));
  const least = (values) => values.reduce((a, b) => Math.min(a, b));
  const most = (values) => values.reduce((a, b) => Math.max(a, b));
  const [left, top] = [least(xs), least(ys)];
  const scale = SIZE / Math.max(most(xs) - left, most(ys) - top);
  const text = ([x, y]) => `${((x - left) * scale).toFixed(1)} ${((y - top) * scale).toFixed(1)}`;
  drawn = {
    width: (most(xs) - left) * scale,
    height: (most(ys) - top) * scale,
    of: plane.map(([place, parts]) => [
      place, parts.map((ring) => `M${ring.map(text).join("L")}Z`).join(""),
    ]),
  };
  return drawn;
}

function hatching() {
  return svg("defs", {},
    svg("pattern", { id: "hatch", width: 5, height: 5, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" },
      svg("rect", { width: 5, height: 5, class: "hatch-ground" }),
      svg("line", { x1: 0, y1: 0, x2: 0, y2: 5, class: "hatch-line" })));
}

/** The map; `rowOf` gives the answer of a place, `open` is called with a place's code. */
export function map(outlines, rowOf, limits, open) {
  const { width, height, of } = paths(outlines);
  const shapes = of.map(([place, d]) => {
    const row = rowOf(place);
    const said = row ? `${row.name}: ${number(row.mean)} (${number(row.lower)} – ${number(row.upper)})` : place;
    return svg("path", { d, class: `shape ${shade(row, limits)}`, "data-place": place, onclick: () => row && open(row) },
      svg("title", {}, said));
  });
  return svg("svg", { viewBox: `-2 -2 ${width + 4} ${height + 4}`, class: "map", role: "img", "aria-label": `${t("map")}. ${t("hold")}` },
    hatching(), ...shapes);
}
