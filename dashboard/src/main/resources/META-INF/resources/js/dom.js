// Elements without markup strings: text is always text.

/** An element: h("p", {class: "lead", onclick: f}, "text", child). */
export function h(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

/** The same for SVG. */
export function svg(tag, attributes = {}, ...children) {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "value" || name === "checked") element[name] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((c) => c !== null && c !== undefined && c !== false));
  return element;
}

/**
 * A place on the page that is drawn anew only when what it shows has changed, so that focus,
 * selection and open details survive updates.
 */
export function slot(draw, attributes = {}) {
  const element = h("div", attributes);
  let shown;
  return {
    element,
    update(...data) {
      const key = JSON.stringify(data);
      if (key === shown) return;
      shown = key;
      element.replaceChildren(...[draw(...data)].flat(Infinity).filter(Boolean));
    },
  };
}

/** A table; columns are {name, number, cell(row)}, the first names the row. */
export function table(caption, columns, rows, rowClass = () => null) {
  const cell = (column, row, i) =>
    h(i === 0 ? "th" : "td", {scope: i === 0 ? "row" : null, class: column.number ? "number" : null}, column.cell(row) ?? "");
  return h("div", {class: "scroll tall", tabindex: "0", role: "region", "aria-label": caption},
    h("table", {},
      h("caption", {}, caption),
      h("thead", {}, h("tr", {}, columns.map((c) => h("th", {scope: "col", class: c.number ? "number" : null}, c.name)))),
      h("tbody", {}, rows.map((row) => h("tr", {class: rowClass(row)}, columns.map((c, i) => cell(c, row, i)))))));
}

let hiding;
/** Says something for a few seconds. */
export function say(text) {
  const box = document.getElementById("message");
  box.textContent = text;
  box.hidden = false;
  clearTimeout(hiding);
  hiding = setTimeout(() => { box.hidden = true; }, 7000);
}
