// Elements in one line. Text is always set as text: nothing from a run is ever read as markup.

const SVG = "http://www.w3.org/2000/svg";

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "value") node.value = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return node;
}

export const el = (tag, attributes = {}, ...children) =>
  fill(document.createElement(tag), attributes, children);

export const svg = (tag, attributes = {}, ...children) =>
  fill(document.createElementNS(SVG, tag), attributes, children);

/** A labelled choice; `options` are pairs of value and text. */
export function choice(label, options, chosen, change, name) {
  return el(
    "label",
    { class: "field" },
    el("span", {}, label),
    el(
      "select",
      { name, onchange: (event) => change(event.target.value) },
      options.map(([value, text]) => el("option", { value, selected: value === chosen }, text)),
    ),
  );
}

/** Say something to those who listen rather than look. */
export function announce(text) {
  document.getElementById("status").textContent = text;
}
