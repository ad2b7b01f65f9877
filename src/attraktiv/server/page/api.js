// Questions to the server. Answers are kept while the page is open: a run does not change.

const BASE = "api/v1";
const kept = new Map();

function address(path, parameters = {}) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== "" && one !== null && one !== undefined) query.append(name, one);
    }
  }
  const text = query.toString();
  return `${BASE}/${path}${text ? `?${text}` : ""}`;
}

export function ask(path, parameters) {
  const url = address(path, parameters);
  if (!kept.has(url)) {
    const answer = fetch(url).then(async (response) => {
      const body = await response.json();
      if (!response.ok) throw new Error(body.error);
      return body;
    });
    answer.catch(() => kept.delete(url));
    kept.set(url, answer);
  }
  return kept.get(url);
}

const rows = async (path, parameters) =>
  (await ask(path, { limit: 5000, ...parameters })).rows;

export const runs = () => ask("runs");
export const words = (language) => ask(`words/${language}`);
export const geometry = () => ask("geometry");
export const table = (run, name, parameters) => rows(`runs/${run}/${name}`, parameters);

/** The parameters that say which place, group or group of one's own is meant. */
export function subject(state) {
  if (state.level === "own") return { member: state.chosen.split(",").filter(Boolean) };
  return state.level === "place"
    ? { place: state.place }
    : { place: state.place, group: state.level };
}

export const file = (run, name, parameters, format) =>
  address(`runs/${run}/${name}`, { ...parameters, format });
