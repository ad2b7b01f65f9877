// What is shown stands in the address, and nowhere else: a link reproduces a view.

const DEFAULTS = {
  lang: "",
  view: "overview", // overview, place or compare
  run: "",
  level: "place", // place, a grouping column, or own
  place: "", // a code, or the label of a group
  from: "",
  to: "",
  kind: "",
  min: "0",
  prob: "0.8",
  scenario: "",
  chosen: "", // codes, for comparison and for a group of one's own
};

let heard = () => {};

export function read() {
  const asked = new URLSearchParams(location.search);
  return Object.fromEntries(
    Object.entries(DEFAULTS).map(([name, usual]) => [name, asked.get(name) ?? usual]),
  );
}

export function link(changes) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries({ ...read(), ...changes })) {
    if (name in DEFAULTS && String(value) !== DEFAULTS[name]) query.set(name, value);
  }
  const text = query.toString();
  return text ? `?${text}` : "./";
}

/** Go to a view; `quietly` where the view stays and only a choice in it changes. */
export function go(changes, { quietly = false } = {}) {
  history.pushState(null, "", link(changes));
  heard(quietly);
}

export function listen(render) {
  heard = render;
  addEventListener("popstate", () => render(false));
  document.addEventListener("click", (event) => {
    const anchor = event.target.closest("a[data-view]");
    if (!anchor || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    history.pushState(null, "", anchor.getAttribute("href"));
    render(false);
  });
}

export const chosen = (state) => state.chosen.split(",").filter(Boolean);
