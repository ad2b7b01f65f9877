// Reads the address, asks, draws; and again whenever the address changes.

import { runs as served } from "./api.js";
import { comparePage } from "./compare.js";
import { announce, choice, el } from "./dom.js";
import { overview } from "./overview.js";
import { placePage } from "./place.js";
import { go, link, listen, read } from "./state.js";
import { LANGUAGES, glossary, speak, speaks, t } from "./words.js";

const VIEWS = { overview, place: placePage, compare: comparePage };
const main = document.getElementById("main");
let drawn = false; // where a page has just been opened, its top is where to begin
let last = 0; // a slow answer must not replace a later view

async function render(quietly = false) {
  const state = read();
  const mine = ++last;
  const active = quietly ? document.activeElement?.getAttribute("name") : null;
  main.setAttribute("aria-busy", "true");
  try {
    const [server] = await Promise.all([served(), speak(state.lang)]);
    document.querySelector(".skip").textContent = t("skip");
    const run = server.runs.find((one) => one.name === state.run) ?? server.runs[0];
    frame(state, run, server.version);
    const content = await (VIEWS[state.view] ?? overview)(state, { ...server, run });
    if (mine !== last) return;
    const scrolled = document.querySelector(".tall")?.scrollTop ?? 0;
    main.replaceChildren(...content.filter(Boolean));
    if (quietly) {
      if (active) document.querySelector(`body [name="${CSS.escape(active)}"]`)?.focus({ preventScroll: true });
      document.querySelector(".tall")?.scrollTo(0, scrolled);
    } else if (drawn) {
      main.querySelector("h1")?.focus({ preventScroll: true });
      scrollTo(0, 0);
    }
    drawn = true;
  } catch (error) {
    if (mine !== last) return;
    main.replaceChildren(
      el("h1", { tabindex: "-1" }, speaks() ? t("failed") : "attraktiv"),
      el("p", { role: "alert" }, error.message),
      el("p", {}, el("a", { "data-view": true, href: "./" }, speaks() ? t("back") : "↻")));
  }
  main.removeAttribute("aria-busy");
  main.dataset.view = state.view;
}

function frame(state, run, version) {
  const copy = async () => {
    await navigator.clipboard.writeText(location.href);
    announce(t("copied"));
  };
  document.getElementById("top").replaceChildren(
    el("a", { class: "home", "data-view": true, href: link({ view: "overview", place: "" }) }, "attraktiv"),
    el("span", { class: "quiet about" }, run.panel || run.title),
    el("button", { type: "button", onclick: copy }, t("share")),
    choice(t("language"), LANGUAGES, document.documentElement.lang, (lang) => go({ lang }, { quietly: true }), "lang"));
  document.getElementById("foot").replaceChildren(
    el("p", { class: "quiet" }, `${run.name}: ${run.title} (${run.model}), ${run.first}–${run.last}. attraktiv ${version}`),
    el("details", {}, el("summary", {}, t("glossary")),
      el("dl", {}, glossary().flatMap(({ term, definition }) => [el("dt", {}, term), el("dd", {}, definition)]))));
}

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => render(true));
listen(render);
render();
