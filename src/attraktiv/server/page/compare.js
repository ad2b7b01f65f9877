// Up to five places beside each other.

import { table } from "./api.js";
import { bandText, holdsZero } from "./bands.js";
import { figure, intervals, overTime } from "./charts.js";
import { el } from "./dom.js";
import { downloads } from "./downloads.js";
import { unitOf } from "./overview.js";
import { chosen, link } from "./state.js";
import { chance, number, percent, t, term, whole } from "./words.js";

const MOST = 5;

export async function comparePage(state, { run }) {
  const codes = chosen(state).slice(0, MOST);
  const back = el("p", {}, el("a", { "data-view": true, href: link({ view: "overview" }) }, `← ${t("back")}`));
  const title = el("h1", { tabindex: "-1" }, t("compare"));
  if (!codes.length) return [back, title, el("p", {}, t("too_many"))];
  const asked = { place: codes, first: state.from, last: state.to, kind: state.kind, prob: state.prob };
  const kind = state.kind === "total" ? "" : state.kind;
  const variable = state.kind === "total" ? "total_attractiveness" : "attractiveness";
  const [rows, years, ahead] = await Promise.all([
    table(run.name, "attractiveness", asked),
    table(run.name, `bands/${variable}`, { place: codes, kind, prob: state.prob }),
    run.forecast ? table(run.name, "forecasts/growth_since_origin", { place: codes, scenario: run.forecast.scenarios[0], prob: state.prob }) : [],
  ]);
  const shown = rows.map((row) => ({ ...row, label: row.name, look: holdsZero(row) ? "unsure" : row.mean > 0 ? "above" : "below" }));
  const bands = t("band_of", { prob: percent(Number(state.prob)) });
  const named = (list) => list.map((row) => ({ ...row, series: row.name }));
  const columns = (decimals) => [[t("name"), (row) => row.name], [t("year"), (row) => row.year], [t("mean"), (row) => number(row.mean, decimals)], ["", (row) => bandText(row, decimals)]];
  return [back, title, el("div", { class: "cards" },
    el("section", { class: "panel", id: "level" }, el("h2", {}, t("attractiveness")),
      figure(intervals(shown, unitOf(rows)), `${t("attractiveness")} ${rows[0].first}–${rows[0].last}. ${bands} ${t("hold")}`,
        [[t("name"), (row) => row.name], [t("mean"), (row) => number(row.mean)], ["", (row) => bandText(row)], [t("ranks"), (row) => `${whole(row.rank_lower)}–${whole(row.rank_upper)}`], [t("above"), (row) => `${chance(row.prob_above_average)} %`]], shown),
      downloads(run.name, "attractiveness", asked)),
    el("section", { class: "panel", id: "over-time" }, el("h2", {}, t("over_time")),
      figure(overTime(named(years), unitOf(years)), `${t("over_time")}. ${bands}`, columns(2), years),
      downloads(run.name, `bands/${variable}`, { place: codes, kind, prob: state.prob })),
    ahead.length ? el("section", { class: "panel", id: "forecast" }, el("h2", {}, t("forecast")),
      figure(overTime(named(ahead), "%"), `${term("growth_since_origin")}. ${bands}`, columns(1), ahead),
      downloads(run.name, "forecasts/growth_since_origin", { place: codes, scenario: run.forecast.scenarios[0] })) : null)];
}
