// Live charts on uPlot. Each says in words what it shows; the numbers are in the page's tables.
import uPlot from "../webjars/uplot/dist/uPlot.esm.js";
import {h} from "./dom.js";

const HEIGHT = 300;
const charts = new Set();
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/**
 * A chart that takes new data. Series are {label, tone, kind: "dots" | "line" | "steps", size}.
 *
 * @param title what it shows
 * @param x {label, format}
 * @param y {label, format}
 */
export function chart(title, x, y, series) {
  const plot = h("div", {class: "plot", role: "img", "aria-label": title});
  const caption = h("figcaption");
  const element = h("figure", {}, plot, caption);
  let drawn = null;
  let data = null;

  function draw() {
    drawn?.destroy();
    plot.replaceChildren();
    const width = plot.clientWidth || 480;
    drawn = new uPlot(options(width), data, plot);
  }

  function options(width) {
    const axis = (a) => ({
      label: a.label, labelSize: 20, labelFont: "12px system-ui", font: "12px system-ui", stroke: colour("--soft"),
      grid: {stroke: colour("--line"), width: 1}, ticks: {show: false}, values: (_, ticks) => ticks.map(a.format),
    });
    return {
      width, height: HEIGHT, scales: {x: {time: false, range: padded}, y: {range: padded}},
      cursor: {drag: {x: false, y: false}, points: {size: 9}},
      axes: [axis(x), {...axis(y), size: 62}],
      series: [{label: x.label, value: (_, v) => (v === null ? "–" : x.format(v))}, ...series.map((s) => one(s))],
    };
  }

  const one = (s) => ({
    label: s.label, stroke: colour(s.tone), width: 2, spanGaps: true,
    paths: s.kind === "dots" ? () => null : s.kind === "steps" ? uPlot.paths.stepped({align: 1}) : undefined,
    points: {show: s.kind !== "steps" && s.size !== 0, size: s.size ?? 8, fill: colour(s.tone), stroke: colour(s.tone)},
    value: (_, v) => (v === null || v === undefined ? "–" : y.format(v)),
  });

  const self = {
    element,
    /** Points are {x, values: [one per series or null]}; the summary is read out. */
    update(points, summary) {
      const sorted = [...points].sort((a, b) => a.x - b.x);
      const next = [sorted.map((p) => p.x), ...series.map((_, i) => sorted.map((p) => p.values[i] ?? null))];
      const changed = JSON.stringify(next) !== JSON.stringify(data);
      data = next;
      plot.setAttribute("aria-label", `${title}. ${summary}`);
      caption.textContent = summary;
      if (!drawn) requestAnimationFrame(draw);
      else if (changed) drawn.setData(data);
    },
    redraw() {
      if (data && element.isConnected) draw();
    },
    resize() {
      if (drawn && element.isConnected) drawn.setSize({width: plot.clientWidth, height: HEIGHT});
    },
  };
  charts.add(self);
  new ResizeObserver(() => self.resize()).observe(plot);
  return self;
}

/** Forgets the charts of a page that is left. */
export const forget = () => charts.clear();

/** A tenth of the spread to either side, and never nothing. */
function padded(_, low, high) {
  if (low === null || low === undefined) return [0, 1];
  const spread = high - low || Math.abs(high) * 0.1 || 1;
  return [low - spread * 0.1, high + spread * 0.1];
}

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => charts.forEach((c) => c.redraw()));
