// The page of a place, of a group, or of a group of one's own.

import { subject, table } from "./api.js";
import { holdsZero } from "./bands.js";
import { fan, figure, intervals, line, overTime, pyramid, terms } from "./charts.js";
import { choice, el } from "./dom.js";
import { downloads } from "./downloads.js";
import { unitOf } from "./overview.js";
import { chosen, go, link } from "./state.js";
import { chance, kindName, number, percent, scenarioName, t, term, unitName, whole } from "./words.js";

const look = (row) => (holdsZero(row) ? "unsure" : row.mean > 0 ? "above" : "below");
const BAND = () => [[t("mean"), (row) => number(row.mean)], [t("low"), (row) => number(row.lower)], [t("high"), (row) => number(row.upper)]];

export async function placePage(state, { runs, run, panel }) {
  const who = subject(state);
  const asked = { ...who, first: state.from, last: state.to, kind: state.kind, prob: state.prob };
  const [level, persons, everybody] = await Promise.all([
    table(run.name, "attractiveness", asked),
    run.kinds[0] === "residential" && (!state.kind || ["residential", "total"].includes(state.kind)) ? table(run.name, "attractiveness", { ...asked, unit: "persons" }) : [],
    table(run.name, "places"),
  ]);
  const row = level[0];
  const name = state.level === "own" ? t("own") : term(row.name);
  const members = chosen(state).map((code) => everybody.find((one) => one.place === code)?.name ?? code);
  // persons of a group are the sum of its members: asked for so, no other place is read
  const these = state.level === "place" || state.level === "own" ? who
    : { member: everybody.filter((one) => String(one[state.level]) === state.place).map((one) => one.place) };
  const parts = [
    summary(state, run, row, persons[0], name, everybody.length, asked),
    overTimePart(state, run, who, asked),
    rankPart(state, run, row, everybody.length),
    decompositionPart(state, run, asked),
    forecastPart(state, run, these, panel),
    peoplePart(run, these, panel),
    pyramidPart(state, run, these, panel),
    methodsPart(state, runs, asked),
    state.level === "place" ? alikePart(run, state.place) : null,
  ];
  return [
    el("p", {}, el("a", { "data-view": true, href: link({ view: "overview", place: "", level: state.level === "own" ? "place" : state.level }) }, `← ${t("back")}`)),
    el("h1", { tabindex: "-1" }, name),
    state.level === "own" ? el("p", {}, members.join(", ")) : null,
    el("div", { class: "cards" }, parts.filter(Boolean).map(slot)),
  ];
}

/** A card as soon as its answer is there; what is quick does not wait for what is slow. */
function slot(part) {
  if (!(part instanceof Promise)) return part;
  const holder = el("section", { class: "panel slot", "aria-busy": "true" }, el("p", { class: "quiet" }, t("loading")));
  part.then((node) => (node ? holder.replaceWith(node) : holder.remove()))
    .catch((error) => holder.replaceChildren(el("p", { role: "alert" }, `${t("failed")} ${error.message}`)));
  return holder;
}

const card = (id, title, ...content) =>
  el("section", { class: "panel", id, "aria-labelledby": `${id}-title` }, el("h2", { id: `${id}-title` }, title), ...content);

function summary(state, run, row, persons, name, count, asked) {
  const prob = percent(Number(state.prob));
  const said = row.lower === null ? [] : [
    el("strong", {}, t(look(row) === "unsure" ? "cannot" : look(row) === "above" ? "is_above" : "is_below", { name })),
    ` ${t("band", { prob, low: number(row.lower, 2, true), high: number(row.upper, 2, true) })} `,
    `${t("prob_above", { share: chance(row.prob_above_average) })} `,
    persons ? t("persons_year", { low: whole(persons.lower), high: whole(persons.upper) }) : "",
  ];
  const codes = chosen(state);
  return card("level", `${kindName(state.kind || run.kinds[0])} ${row.first}–${row.last}`,
    el("p", { class: `level ${look(row)}` }, number(row.mean, 2, true), el("span", { class: "quiet" }, ` (${number(row.lower, 2, true)} ${t("high")} ${number(row.upper, 2, true)}) ${unitOf([row])}`)),
    el("p", {}, said),
    state.level === "place" && !codes.includes(state.place)
      ? el("p", {}, el("a", { class: "button", "data-view": true, href: link({ chosen: [...codes, state.place].join(",") }) }, t("add"))) : null,
    downloads(run.name, "attractiveness", asked));
}

async function overTimePart(state, run, who, asked) {
  const total = state.kind === "total";
  const kind = total ? "" : state.kind;
  const variable = total ? "total_attractiveness" : "attractiveness";
  const rows = await table(run.name, `bands/${variable}`, { ...who, kind, prob: state.prob });
  if (!("year" in (rows[0] ?? {}))) return null;
  const series = rows.map((row) => ({ ...row, series: run.classical ? t("classical") : t("bayesian") }));
  return card("over-time", t("over_time"),
    figure(overTime(series, unitOf(rows)), `${t("over_time")}. ${t("band_of", { prob: percent(Number(state.prob)) })}`, [[t("year"), (row) => row.year], ...BAND()], rows),
    downloads(run.name, `bands/${variable}`, { ...who, kind, prob: state.prob }));
}

function rankPart(state, run, row, count) {
  if (state.level === "own" || row.rank_lower === null) return null;
  const all = state.level === "place" ? count : run.groupings[state.level];
  const shown = [{ label: term(row.name), lower: row.rank_lower, upper: row.rank_upper, mean: row.rank_mean, look: look(row) }];
  const said = t("rank_band", { low: whole(row.rank_lower), high: whole(row.rank_upper), count: whole(all) });
  return card("rank", t("ranks"), figure(intervals(shown, t("ranks"), [1, all]), said, [
    [t("mean"), (one) => whole(one.mean)], [t("low"), (one) => whole(one.lower)], [t("high"), (one) => whole(one.upper)]], shown));
}

async function decompositionPart(state, run, asked) {
  const rows = (await table(run.name, "decomposition", asked)).filter((row) => row.mean !== null);
  if (!rows.length) return null;
  const coloured = ["attractiveness", "structure", "growth"];
  const labelled = rows.map((row) => ({ ...row, label: term(row.component), kind: coloured.includes(row.kind) ? row.kind : "other" }));
  return card("decomposition", t("decomposition"),
    figure(terms(labelled, unitOf(rows)), `${t("decomposition")}, ${rows[0].first}–${rows[0].last}. ${t("band_of", { prob: percent(Number(state.prob)) })}`, [[t("term"), (row) => row.label], ...BAND()], labelled),
    downloads(run.name, "decomposition", asked));
}

async function forecastPart(state, run, who, panel) {
  if (!run.forecast) return card("forecast", t("forecast"), el("p", { class: "quiet" }, t("no_forecast")));
  const names = run.forecast.scenarios;
  const scenario = names.includes(state.scenario) ? state.scenario : names[0];
  const end = run.forecast.horizon;
  const [answer, [declines]] = await Promise.all([
    table(run.name, "forecasts/population", { ...who, prob: state.prob }),
    table(run.name, "forecasts/prob_decline", { ...who, scenario, year: end }),
  ]);
  const history = panel
    ? await table(run.name, "counts/population", who)
    : state.level === "place" ? await table(run.name, "bands/population", who) : []; // a run alone has no sums of them
  const before = history.filter((row) => row.year <= run.forecast.origin);
  const rows = answer.map((row) => ({ ...row, series: scenarioName(row.scenario), last: row.year === end }));
  const shown = rows.filter((row) => row.scenario === scenario);
  return card("forecast", t("forecast"),
    choice(t("scenario"), names.map((one) => [one, scenarioName(one)]), scenario, (value) => go({ scenario: value }, { quietly: true }), "scenario"),
    figure(fan(before, rows, scenario, unitName("persons")), `${scenarioName(scenario)}. ${t("ahead", { from: run.forecast.origin })} ${t("declines", { share: chance(declines.mean), year: end })}`,
      [[t("year"), (row) => row.year], [t("median"), (row) => whole(row.median)], [t("low"), (row) => whole(row.lower)], [t("high"), (row) => whole(row.upper)]], shown),
    downloads(run.name, "forecasts/population", { ...who, scenario, prob: state.prob }));
}

async function peoplePart(run, who, panel) {
  if (!panel) return card("jobs", `${term("population")}, ${term("jobs")}`, el("p", { class: "quiet" }, t("no_panel")));
  const known = (name) => table(run.name, `counts/${name}`, who)
    .then((rows) => rows.filter((row) => row.observed !== null && row.year <= run.last + 1))
    .catch(() => []); // a panel need not have jobs
  const [people, jobs] = await Promise.all([known("population"), known("jobs")]);
  const drawn = [[people, "population"], [jobs, "jobs"]].filter(([rows]) => rows.length);
  return card("jobs", `${term("population")}, ${term("jobs")}`, ...drawn.flatMap(([rows, name]) => [
    figure(line(rows, term(name)), `${term(name)}, ${rows[0].year}–${rows.at(-1).year}`, [[t("year"), (row) => row.year], [t("observed"), (row) => whole(row.observed)]], rows),
    downloads(run.name, `counts/${name}`, who)]));
}

async function pyramidPart(state, run, who, panel) {
  const forecast = run.forecast;
  const parts = [];
  const year = forecast?.origin ?? run.last;
  const ages = panel ? await table(run.name, "counts/population_by_age", { ...who, year }).catch(() => []) : [];
  if (ages.some((row) => row.observed !== null)) parts.push(...agesFigure(ages, year, t("observed"), (row) => row.observed));
  if (forecast) {
    const names = forecast.scenarios;
    const scenario = names.includes(state.scenario) ? state.scenario : names[0];
    const at = Math.min(forecast.origin + 20, forecast.horizon);
    if (forecast.variables.includes("population_by_age")) {
      const later = await table(run.name, "forecasts/population_by_age", { ...who, scenario, year: at, prob: state.prob });
      parts.push(...agesFigure(later, at, scenarioName(scenario), (row) => row.median));
    } else if (forecast.variables.includes("age_share")) {
      const shares = await table(run.name, "forecasts/age_share", { ...who, scenario, year: [forecast.origin, at], prob: state.prob });
      const rows = shares.map((row) => ({ ...row, label: `${row.age_group}, ${row.year}`, look: row.year === at ? "above" : "unsure" }));
      parts.push(figure(intervals(rows, "%"), `${t("age_groups")}, ${forecast.origin}–${at}, ${scenarioName(scenario)}. ${t("band_of", { prob: percent(Number(state.prob)) })}`,
        [[t("age"), (row) => row.label], [t("mean"), (row) => number(row.mean, 1)], [t("low"), (row) => number(row.lower, 1)], [t("high"), (row) => number(row.upper, 1)]], rows));
    }
  }
  return parts.length ? card("pyramid", t("pyramid"), ...parts) : null;
}

function agesFigure(rows, year, what, of) {
  const sexes = [...new Set(rows.map((row) => row.sex))];
  const sexName = (sex) => t({ male: "left", female: "right", 1: "left", 2: "right" }[sex] ?? "") ?? sex;
  const sided = rows.map((row) => {
    const sign = row.sex === sexes[0] ? -1 : 1;
    const ends = row.lower === undefined ? {} : { lower: sign * row.lower, upper: sign * row.upper };
    return { sex: sexName(row.sex), age: row.age, side: sign * of(row), ...ends };
  });
  const persons = (row) => whole(Math.abs(row.side));
  return [figure(pyramid(sided, unitName("persons")), `${t("pyramid")} ${year}, ${what}`, [[t("age"), (row) => row.age], ["", (row) => row.sex], [unitName("persons"), persons]], sided)];
}

async function methodsPart(state, runs, asked) {
  if (runs.length < 2) return null;
  const rows = [];
  for (const one of runs) {
    const found = await table(one.name, "attractiveness", asked).catch(() => []); // another run may lack the kind or a year
    for (const row of found) rows.push({ ...row, label: `${one.name} (${one.classical ? t("classical") : t("bayesian")})`, look: look(row) });
  }
  return card("methods", t("other"), figure(intervals(rows, unitOf(rows)), `${t("other")}. ${t("band_of", { prob: percent(Number(state.prob)) })}`, [[t("fitted"), (row) => row.label], ...BAND(),
    [t("ranks"), (row) => row.rank_lower === null ? "–" : `${whole(row.rank_lower)}–${whole(row.rank_upper)}`]], rows));
}

async function alikePart(run, place) {
  const rows = await table(run.name, "like", { place }).catch(() => []); // a model may have no factors
  if (!rows.length) return null;
  const codes = [place, ...rows.slice(0, 4).map((row) => row.place)].join(",");
  return card("alike", t("alike"),
    el("ol", {}, rows.map((row) => el("li", {}, el("a", { "data-view": true, href: link({ place: row.place }) }, row.name), el("span", { class: "quiet" }, ` ${t("distance").toLowerCase()} ${number(row.distance)}`)))),
    el("p", {}, el("a", { class: "button", "data-view": true, href: link({ view: "compare", chosen: codes }) }, t("compare"))),
    downloads(run.name, "like", { place }));
}
