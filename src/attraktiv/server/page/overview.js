// Map and ranked list beside each other, and what is chosen for them.

import { geometry, table } from "./api.js";
import { bandText, extent, holdsZero, interval, shade, steps } from "./bands.js";
import { announce, choice, el } from "./dom.js";
import { downloads } from "./downloads.js";
import { map } from "./map.js";
import { chosen, go, link } from "./state.js";
import { chance, collator, kindName, number, percent, t, term, unitName, whole } from "./words.js";

const MOST_COMPARED = 5;
const PLAIN = /^(county_name|economic_region_name|labour_market_region_name|region|county|centrality_class)$/;

export function question(state, run) {
  return {
    group: state.level === "place" || state.level === "own" ? "" : state.level,
    first: state.from, last: state.to, kind: state.kind, prob: state.prob,
    minimum: Number(state.min) > 0 ? state.min : "",
  };
}

/** Groupings with a name for each group; a column of codes beside its names says nothing more. */
export function levels(run) {
  const columns = Object.keys(run.groupings).filter((column) =>
    run.groupings[column] > 1 && (PLAIN.test(column) || /_name$/.test(column)));
  return columns.filter((column) => !columns.includes(`${column}_name`));
}

export async function overview(state, { runs, run, map: hasMap }) {
  const asked = question(state, run);
  const [rows, places, outlines] = await Promise.all([
    table(run.name, "attractiveness", asked),
    table(run.name, "places"),
    hasMap ? geometry() : null,
  ]);
  const grouped = asked.group;
  const members = chosen(state);
  const shown = state.level === "own" ? rows.filter((row) => members.includes(row.place)) : rows;
  const limits = steps(rows);
  const label = (row) => row[grouped ? "group" : "place"];
  const byLabel = new Map(shown.map((row) => [label(row), row]));
  const labelOf = new Map(places.map((row) => [row.place, grouped ? String(row[grouped]) : row.place]));
  const open = (row) => go({ view: "place", place: label(row), level: grouped || "place" });

  announce(t("shown", { count: shown.length }));
  return [
    el("h1", { tabindex: "-1" }, t("title")),
    filters(state, run, runs, places),
    picked(state, places),
    el("div", { class: "beside" },
      el("section", { class: "panel mapped", "aria-label": t("map") },
        outlines ? map(outlines, (code) => byLabel.get(labelOf.get(code)), limits, open) : el("p", { class: "quiet" }, t("no_map")),
        legend(limits)),
      el("section", { class: "panel listed", "aria-labelledby": "list-title" },
        el("h2", { id: "list-title" }, t("list")),
        el("p", { class: "quiet" }, `${kindName(state.kind || run.kinds[0])}, ${unitOf(rows)}, ${rows[0]?.first ?? ""}–${rows[0]?.last ?? ""}. ${t("band_of", { prob: percent(Number(state.prob)) })} ${t("hold")}`),
        shown.length ? list(state, shown, grouped, limits) : el("p", {}, t("none")),
        downloads(run.name, "attractiveness", asked))),
  ];
}

export const unitOf = (rows) => unitName(rows[0]?.unit ?? "");

function filters(state, run, runs, places) {
  const years = Array.from({ length: run.last - run.first + 1 }, (_, i) => String(run.first + i));
  const period = years.map((year) => [year, year]);
  const set = (name) => (value) => go({ [name]: value }, { quietly: true });
  const sizes = ["0", "1000", "2000", "5000", "10000", "20000", "50000"];
  return el("form", { class: "filters", onsubmit: (event) => event.preventDefault() },
    runs.length > 1 ? choice(t("run"), runs.map((one) => [one.name, one.name]), run.name, (value) => go({ run: value, kind: "", from: "", to: "", level: "place" }, { quietly: true }), "run") : null,
    choice(t("level"), [["place", t("place")], ...levels(run).map((column) => [column, term(column)]), ["own", t("own")]], state.level, set("level"), "level"),
    choice(t("kind"), run.kinds.map((kind) => [kind, kindName(kind)]), state.kind || run.kinds[0], set("kind"), "kind"),
    choice(t("from"), period, state.from || String(run.first), (value) => go({ from: value, to: Number(state.to || run.last) < Number(value) ? value : state.to }, { quietly: true }), "from"),
    choice(t("to"), period, state.to || String(run.last), (value) => go({ to: value, from: Number(state.from || run.first) > Number(value) ? value : state.from }, { quietly: true }), "to"),
    choice(t("min"), sizes.map((size) => [size, whole(Number(size))]), state.min, set("min"), "min"),
    choice(t("prob"), ["0.5", "0.8", "0.95"].map((prob) => [prob, `${percent(Number(prob))} %`]), state.prob, set("prob"), "prob"),
    finder(places));
}

function finder(places) {
  const byName = new Map(places.map((row) => [row.name.toLowerCase(), row.place]));
  const sorted = [...places].sort((a, b) => collator().compare(a.name, b.name));
  const find = (event) => {
    const code = byName.get(event.target.value.trim().toLowerCase());
    if (code) go({ view: "place", place: code, level: "place" });
  };
  return el("label", { class: "field" }, el("span", {}, t("find")),
    el("input", { type: "search", name: "find", list: "names", autocomplete: "off", onchange: find }),
    el("datalist", { id: "names" }, sorted.map((row) => el("option", { value: row.name }))));
}

function picked(state, places) {
  const codes = chosen(state);
  if (!codes.length) return null;
  const named = new Map(places.map((row) => [row.place, row.name]));
  const without = (code) => codes.filter((one) => one !== code).join(",");
  return el("section", { class: "picked", "aria-label": t("chosen") },
    el("h2", {}, t("chosen")),
    el("ul", {}, codes.map((code) => el("li", {}, named.get(code) ?? code, " ",
      el("button", { type: "button", "aria-label": `${t("removed")}: ${named.get(code) ?? code}`, onclick: () => go({ chosen: without(code) }, { quietly: true }) }, "×")))),
    codes.length > MOST_COMPARED
      ? el("span", { class: "quiet" }, t("too_many"))
      : el("a", { class: "button", "data-view": true, href: link({ view: "compare" }) }, t("compare")),
    el("a", { class: "button", "data-view": true, href: link({ view: "place", level: "own", place: "" }) }, t("sum")),
    el("a", { "data-view": true, href: link({ chosen: "" }) }, t("clear")));
}

function list(state, rows, grouped, limits) {
  const scale = extent(rows);
  const codes = chosen(state);
  const toggle = (code) => (event) =>
    go({ chosen: (event.target.checked ? [...codes, code] : codes.filter((one) => one !== code)).join(",") }, { quietly: true });
  const head = [t("rank"), t("name"), t("attractiveness"), "", t("ranks"), t("above"), grouped ? null : t("choose")];
  return el("div", { class: "scroll tall", tabindex: "0", role: "group", "aria-labelledby": "list-title" },
    el("table", { class: "ranking" },
      el("thead", {}, el("tr", {}, head.filter((title) => title !== null).map((title) => title === "" ? el("td", { class: "wide" }) : el("th", { scope: "col", class: title === t("above") ? "more" : null }, title)))),
      el("tbody", {}, rows.map((row, i) => el("tr", { class: shade(row, limits) },
        el("td", {}, whole(i + 1)),
        el("th", { scope: "row" }, el("a", { "data-view": true, href: link({ view: "place", place: row[grouped ? "group" : "place"], level: grouped || "place" }) }, term(row.name)),
          row.from_prior ? el("span", { title: t("not_fitted") }, " *", el("span", { class: "unseen" }, ` ${t("not_fitted")}`)) : null),
        el("td", { class: "figure" }, number(row.mean, 2, true), el("span", { class: "quiet range" }, bandText(row)),
          holdsZero(row) ? el("span", { class: "unseen" }, t("grey")) : null),
        el("td", { class: "wide" }, interval(row, scale)),
        el("td", { class: "figure" }, row.rank_lower === null ? "–" : `${whole(row.rank_lower)}–${whole(row.rank_upper)}`),
        el("td", { class: "figure more" }, row.prob_above_average === null ? "–" : `${chance(row.prob_above_average)} %`),
        grouped ? null : el("td", {}, el("input", { type: "checkbox", name: `choose-${row.place}`, "aria-label": `${t("choose")}: ${row.name}`, checked: codes.includes(row.place), onchange: toggle(row.place) })))))));
}

function legend(limits) {
  const entry = (look, text) => el("li", {}, el("span", { class: `swatch ${look}`, "aria-hidden": "true" }), text);
  return el("ul", { class: "legend" },
    entry("above-3", t("more")), entry("unsure", t("grey")), entry("below-3", t("less")));
}
