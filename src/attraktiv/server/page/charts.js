// Charts in Vega-Lite, each with its figures as a table beneath.

import { el } from "./dom.js";
import { locale, t } from "./words.js";

const AXIS = { labelFontSize: 12, titleFontSize: 12, titleFontWeight: "normal" };
const HEIGHT = 240;
const FIT = { autosize: { type: "fit-x", contains: "padding" } };

const NARROW = 600;

let library = null;

/** Vega-Lite is large: it is fetched when the first chart is drawn. It sets window.vegaEmbed. */
const loaded = () => (library ??= import("/charts-library.js"));

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function look() {
  const [ink, soft, line] = ["--ink", "--soft", "--line"].map(colour);
  return {
    background: "transparent",
    font: "system-ui, sans-serif",
    axis: { ...AXIS, labelColor: ink, titleColor: ink, gridColor: line, domainColor: soft, tickColor: soft },
    legend: { labelColor: ink, titleColor: ink, labelFontSize: 12, orient: "bottom", title: null },
    text: { color: ink },
    view: { stroke: null },
    locale: { number: locale() },
  };
}

/** A figure: the chart, what it says in a sentence, and its numbers as a table. */
export function figure(specification, caption, columns, rows) {
  const holder = el("div", { class: "chart", role: "img", "aria-label": caption });
  const node = el("figure", {},
    holder,
    el("figcaption", {}, caption),
    el("details", {}, el("summary", {}, t("figures")), table(columns, rows)));
  draw(holder, specification);
  return node;
}

/** A chart is as wide as its holder, which has no width before it stands in the page. */
const placed = (holder) => new Promise((resolve) => {
  const watching = new ResizeObserver(() => {
    if (!holder.clientWidth) return;
    watching.disconnect();
    resolve();
  });
  watching.observe(holder);
});

async function draw(holder, specification) {
  await Promise.all([loaded(), placed(holder)]);
  await window.vegaEmbed(holder, { width: "container", height: HEIGHT, ...FIT, ...specification(), config: look() }, {
    mode: "vega-lite", renderer: "svg", actions: false, ast: true, tooltip: false, defaultStyle: false,
  });
  // the figure has one label, and a table: a reader need not walk through marks
  holder.querySelector("svg").setAttribute("aria-hidden", "true");
  holder.dataset.drawn = "yes";
}

function table(columns, rows) {
  return el("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": t("figures") },
    el("table", {},
      el("thead", {}, el("tr", {}, columns.map(([title]) => el("th", { scope: "col" }, title)))),
      el("tbody", {}, rows.map((row) => el("tr", {}, columns.map(([, of]) => el("td", {}, String(of(row)))))))));
}

const years = (title) => ({ field: "year", type: "quantitative", axis: { format: "d", title, tickMinStep: 1 }, scale: { zero: false, nice: false } });
const amount = (field, title, zero = false) => ({ field, type: "quantitative", title, scale: { zero } });

/** A level and its band, year by year; more than one `series` where several are compared. */
export function overTime(rows, unit, { zero = true } = {}) {
  return () => ({
    data: { values: rows },
    encoding: {
      x: years(null),
      color: { field: "series", type: "nominal", scale: { range: palette() }, sort: null },
    },
    layer: [
      ...(zero ? [{ mark: { type: "rule", color: colour("--soft"), strokeWidth: 1.5 }, encoding: { y: { datum: 0 }, x: null, color: null } }] : []),
      { mark: { type: "area", opacity: 0.22 }, encoding: { y: amount("lower", unit), y2: { field: "upper" } } },
      { mark: { type: "line", point: { size: 24 } }, encoding: { y: amount("mean", unit), strokeDash: { field: "series", type: "nominal", legend: null, sort: null } } },
    ],
  });
}

/** The chosen scenario with its band, the others as dashed medians, and the history before. */
export function fan(history, rows, chosen, unit) {
  return () => ({
    data: { values: [] },
    encoding: { x: years(null) },
    layer: [
      { data: { values: rows.filter((row) => row.scenario === chosen) }, mark: { type: "area", opacity: 0.22, color: palette()[0] }, encoding: { y: amount("lower", unit), y2: { field: "upper" } } },
      { data: { values: rows.filter((row) => row.scenario !== chosen) }, mark: { type: "line", strokeDash: [5, 4], color: colour("--soft") }, encoding: { y: amount("median", unit), detail: { field: "series" } } },
      { data: { values: rows.filter((row) => row.scenario !== chosen && row.last) }, mark: { type: "text", align: "right", dy: -7 }, encoding: { y: amount("median", unit), text: { field: "series" } } },
      { data: { values: rows.filter((row) => row.scenario === chosen) }, mark: { type: "line", strokeWidth: 2.5, color: palette()[0] }, encoding: { y: amount("median", unit) } },
      { data: { values: history }, mark: { type: "line", color: colour("--ink") }, encoding: { y: amount("observed", unit) } },
    ],
  });
}

export function line(rows, unit) {
  return () => ({
    data: { values: rows },
    mark: { type: "line", point: { size: 24 }, color: palette()[0] },
    encoding: { x: years(null), y: amount("observed", unit) },
  });
}

/** Terms as bars with their bands, in the order given. */
export function terms(rows, unit) {
  return () => ({
    height: 26 * rows.length,
    data: { values: rows },
    encoding: {
      y: { field: "label", type: "nominal", sort: null, title: null, axis: { labelLimit: labels() } },
    },
    layer: [
      { mark: { type: "bar", height: 14 }, encoding: { x: amount("mean", unit, true), color: { field: "kind", type: "nominal", legend: null, sort: null, scale: { domain: ["attractiveness", "structure", "growth", "other"], range: [colour("--third"), colour("--fifth"), colour("--ink"), colour("--soft")] } } } },
      { mark: { type: "rule", color: colour("--ink"), strokeWidth: 1.5 }, encoding: { x: amount("lower", unit, true), x2: { field: "upper" } } },
    ],
  });
}

/** Intervals of a few places, one below the other. */
export function intervals(rows, unit, domain = null, field = "mean") {
  const scale = domain ? { domain, nice: false, reverse: false } : { zero: true };
  return () => ({
    height: 30 * rows.length,
    data: { values: rows },
    encoding: { y: { field: "label", type: "nominal", sort: null, title: null, axis: { labelLimit: labels() } }, color: { field: "look", type: "nominal", legend: null, scale: { domain: ["above", "below", "unsure"], range: [palette()[0], palette()[1], colour("--soft")] } } },
    layer: [
      { mark: { type: "rule", strokeWidth: 4, opacity: 0.6 }, encoding: { x: { field: "lower", type: "quantitative", title: unit, scale }, x2: { field: "upper" } } },
      { mark: { type: "point", filled: true, size: 90, opacity: 1 }, encoding: { x: { field, type: "quantitative", title: unit, scale } } },
    ],
  });
}

/** People by age, one sex to each side; `lower` and `upper` where they are forecast. */
export function pyramid(rows, unit) {
  const side = { field: "side", type: "quantitative", title: unit, axis: { labelExpr: "format(abs(datum.value), ',')" } };
  return () => ({
    height: 320,
    data: { values: rows },
    encoding: { y: { field: "age", type: "quantitative", bin: false, title: t("age"), scale: { domain: [0, 105] } } },
    layer: [
      { mark: { type: "bar", orient: "horizontal", height: 3 }, encoding: { x: side, color: { field: "sex", type: "nominal", scale: { range: palette() }, sort: null } } },
      ...(rows.every((row) => row.lower === undefined) ? [] : [{ mark: { type: "rule", color: colour("--ink") }, encoding: { x: { ...side, field: "lower" }, x2: { field: "upper" } } }]),
    ],
  });
}

/** Room for names beside a chart. */
const labels = () => (innerWidth < NARROW ? 130 : 260);

/** Okabe and Ito's colours, which the colour-blind tell apart; lighter where the page is dark. */
const palette = () => ["--above", "--below", "--third", "--fourth", "--fifth"].map(colour);

