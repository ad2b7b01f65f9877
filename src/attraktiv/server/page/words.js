// Texts, numbers and names as the server has them, for report and documentation alike.

import { words } from "./api.js";

export const LANGUAGES = [["nb", "Norsk"], ["en", "English"]];

let known = null;

/** Speak a language: the one asked for, or the browser's. */
export async function speak(wanted) {
  const norwegian = /^(nb|nn|no)/.test(navigator.language.toLowerCase());
  const spoken = LANGUAGES.some(([code]) => code === wanted) ? wanted : norwegian ? "nb" : "en";
  known = await words(spoken);
  document.documentElement.lang = spoken;
  document.title = t("title");
}

/** A text, with what it leaves open ($name) filled in. */
export const t = (key, values = {}) =>
  known.texts[key].replace(/\$(\w+)/g, (_, name) => String(values[name]));

/** Whether there are words to speak with: not where the server is gone. */
export const speaks = () => known !== null;

const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

/** The name of a term, a factor, a column or a count; as it is written where there is none. */
export const term = (name) => (name in known.names ? capital(known.names[name]) : name);
export const kindName = (kind) => capital(known.kinds[kind]);
export const scenarioName = (name) => capital(known.scenarios[name] ?? name);
export const unitName = (unit) => known.units[unit] ?? unit;
export const glossary = () => known.glossary;
export const locale = () => known.locale;
export const collator = () => new Intl.Collator(document.documentElement.lang);

export function number(value, decimals = 2, signed = false) {
  if (value === null || value === undefined) return "–";
  const { decimal, thousands, minus } = known.locale;
  const [whole, rest] = Math.abs(value).toFixed(decimals).split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, thousands);
  const digits = rest ? `${grouped}${decimal}${rest}` : grouped;
  if (Number(`${whole}.${rest ?? 0}`) === 0) return digits; // never −0
  return `${value < 0 ? minus : signed ? "+" : ""}${digits}`;
}

export const whole = (value) => number(value, 0);
export const percent = (share) => number(100 * share, 0);
/** A share of draws: none and all of some thousand are not the same as never and always. */
export const chance = (share) =>
  share <= 0.005 ? `< ${whole(1)}` : share >= 0.995 ? `> ${whole(99)}` : percent(share);
