// One request: how far it is, what the search has found, what was cut, what came of it.
import {get, post} from "./api.js";
import {chart} from "./charts.js";
import {h, say, slot, svg, table} from "./dom.js";
import {bytes, change, clock, constant, cost, count, duration, moment, percent, points, state} from "./format.js";

export function requestPage(id, about) {
  const head = slot((d) => header(d, id, about));
  const tiles = slot(figures);
  const work = slot(workers, {class: "card"});
  const kept = slot(layers, {class: "card"});
  const tried = slot((candidates) => candidatesTable(id, candidates), {class: "card"});
  const told = slot(events, {class: "card"});
  const files = slot((list) => downloads(id, list));
  const pareto = chart("Accuracy over latency",
    {label: "median latency, share of the original's", format: (v) => percent(v, 0)}, {label: "accuracy", format: (v) => percent(v, 1)}, [
      {label: "Pareto front", tone: "--c0", kind: "line", size: 0}, {label: "candidate", tone: "--c0", kind: "dots"},
      {label: "original", tone: "--c3", kind: "dots", size: 11}, {label: "delivered (test data)", tone: "--c1", kind: "dots", size: 12}]);
  const rewards = chart("Reward by round", {label: "round", format: (v) => (Number.isInteger(v) ? v : "")}, {label: "reward", format: (v) => v.toFixed(3)}, [
    {label: "candidate", tone: "--c0", kind: "dots"}, {label: "mean of the round", tone: "--c2", kind: "line", size: 5}, {label: "best so far", tone: "--c1", kind: "steps"}]);
  let shownPlan = null;

  async function refreshLayers(detail) {
    const evaluated = detail.candidates.filter((c) => c.state === "EVALUATED").length;
    const plan = `${detail.layers} ${evaluated} ${detail.summary.stage}`;
    if (!detail.layers) kept.update(null);
    else if (plan !== shownPlan) {
      kept.update(await get(`requests/${encodeURIComponent(id)}/layers`).catch((e) => ({problem: e.message})));
      shownPlan = plan;
    }
  }

  const charts = h("div", {class: "grid"},
    h("section", {class: "card", "aria-label": "Accuracy over latency"}, h("h2", {}, "Accuracy over latency"), pareto.element),
    h("section", {class: "card", "aria-label": "Reward by round"}, h("h2", {}, "Reward by round"), rewards.element));
  return {
    title: id,
    element: h("div", {}, head.element, files.element, tiles.element, charts, kept.element, h("div", {class: "grid"}, tried.element, told.element), work.element),
    async refresh(changed) {
      if (changed && !changed.includes(id)) return;
      const d = await get(`requests/${encodeURIComponent(id)}`);
      head.update(headOf(d));
      tiles.update(d.summary.stage, d.result, d.summary, d.denseAccuracy);
      tried.update(d.candidates);
      told.update(d.events);
      work.update(d.workers);
      pareto.update(...paretoPoints(d));
      rewards.update(...rewardPoints(d));
      charts.hidden = !d.candidates.some((c) => c.reward !== null);
      if (d.summary.stage === "COMPLETED") files.update(await get(`requests/${encodeURIComponent(id)}/files`).catch(() => []));
      await refreshLayers(d);
    },
  };
}

const headOf = (d) => ({summary: {...d.summary, revision: 0, updatedAt: 0}, failure: d.failure, warnings: d.warnings});

function header({summary: s, failure, warnings}, id, about) {
  const badge = state(s);
  const ended = s.stage === "COMPLETED" || s.stage === "FAILED";
  const cancel = h("button", {class: "danger", type: "button", disabled: !about.changes || s.cancelling, onclick: () => cancelIt(id)}, s.cancelling ? "Cancelling …" : "Cancel");
  return [
    h("p", {class: "soft small mono"}, h("a", {href: "#/"}, "Requests"), ` / ${id}`),
    h("div", {class: "row spread"}, h("h1", {}, s.model, " ", h("span", {class: `badge ${badge.kind}`}, badge.text)), ended ? null : cancel),
    h("p", {class: "lead"}, [s.target, s.method, s.criterion, `submitted ${moment(s.submittedAt)}`].filter(Boolean).join(" · ")),
    failure ? h("div", {class: "notice bad"}, h("strong", {}, failure.message), h("p", {}, `What to do: ${failure.remedy} (${failure.reason}, in stage ${constant(failure.stage)})`)) : null,
    warnings.map((w) => h("div", {class: "notice warn"}, w)),
    ended ? null : h("div", {class: "card"}, h("progress", {max: 1, value: s.progress, "aria-label": "Progress"}),
      h("div", {class: "row spread small soft"}, h("span", {}, s.detail + (s.candidatesPlanned ? ` · ${s.candidatesDone} of ${s.candidatesPlanned} candidates` : "")),
        h("span", {}, s.secondsLeft ? `about ${duration(s.secondsLeft)} left` : ""))),
  ];
}

async function cancelIt(id) {
  if (!confirm(`Cancel ${id}? What it has found so far stays in its search log.`)) return;
  try {
    await post(`requests/${encodeURIComponent(id)}/cancel`);
    say("Cancellation published.");
  } catch (error) {
    say(error.message);
  }
}

const tile = (name, value, note) => h("div", {}, h("dt", {}, name), h("dd", {}, value, h("small", {}, note)));

function figures(stage, result, summary, denseAccuracy) {
  if (result) {
    const {dense: a, pruned: b} = result;
    return h("dl", {class: "tiles", "aria-label": "Delivered model"},
      tile("accuracy (test data)", percent(b.accuracy), `${points(b.accuracy - a.accuracy)}, was ${percent(a.accuracy)}`),
      tile("median latency", `${b.latencyMillis.toFixed(3)} ms`, `${change(a.latencyMillis, b.latencyMillis)}, was ${a.latencyMillis.toFixed(3)} ms`),
      tile("MACs", count(b.macs), `${change(a.macs, b.macs)}, was ${count(a.macs)}`),
      tile("parameters", count(b.parameters), `${change(a.parameters, b.parameters)}, was ${count(a.parameters)}`),
      tile("file", bytes(b.bytes), `${change(a.bytes, b.bytes)}, was ${bytes(a.bytes)}`));
  }
  if (summary.accuracy === null) return null;
  return h("dl", {class: "tiles", "aria-label": "Best candidate so far"},
    tile("best accuracy so far", percent(summary.accuracy), denseAccuracy === null ? "" : `${points(summary.accuracy - denseAccuracy)}, original ${percent(denseAccuracy)}`),
    tile("its latency", percent(summary.latencyRatio, 1), "of the original's"), tile("its MACs", percent(summary.macsRatio, 1), "of the original's"));
}

function downloads(id, list) {
  if (list.length === 0) return null;
  const path = (name) => `api/requests/${encodeURIComponent(id)}/files/${name}`;
  const has = (name) => list.some((f) => f.name === name);
  return h("div", {class: "row gap"},
    has("report.html") ? h("a", {class: "button primary", href: path("report.html"), target: "_blank", rel: "noopener"}, "Open the report") : null,
    has("model.onnx") ? h("a", {class: "button", href: path("model.onnx"), download: true}, `Download the model (${bytes(list.find((f) => f.name === "model.onnx").bytes)})`) : null,
    h("details", {}, h("summary", {}, `${list.length} files`), h("ul", {}, list.map((f) => h("li", {}, h("a", {href: path(f.name)}, f.name), ` ${bytes(f.bytes)}`)))));
}

/** Better in accuracy or latency than every other that is at least as good in the other. */
function front(explored) {
  const sorted = [...explored].sort((a, b) => a.latencyRatio - b.latencyRatio || b.accuracy - a.accuracy);
  let best = -1;
  return sorted.filter((c) => c.accuracy > best && (best = c.accuracy, true));
}

function paretoPoints(d) {
  const measured = d.candidates.filter((c) => c.accuracy !== null);
  const explored = measured.filter((c) => !c.last);
  const all = explored.map((c) => ({x: c.latencyRatio, values: [null, c.accuracy, null, null]}));
  front(explored).forEach((c) => all.push({x: c.latencyRatio, values: [c.accuracy, null, null, null]}));
  measured.filter((c) => c.last).forEach((c) => all.push({x: c.latencyRatio, values: [null, null, null, c.accuracy]}));
  if (d.denseAccuracy !== null) all.push({x: 1, values: [null, null, d.denseAccuracy, null]});
  return [all, `${explored.length} candidates measured, ${front(explored).length} on the front. The table of candidates has the numbers.`];
}

function rewardPoints(d) {
  const explored = d.candidates.filter((c) => c.reward !== null && !c.last).sort((a, b) => a.round - b.round);
  const rounds = [...new Set(explored.map((c) => c.round))];
  let best = -Infinity;
  const all = [];
  for (const round of rounds) {
    const rewards = explored.filter((c) => c.round === round).map((c) => c.reward);
    const mean = rewards.reduce((a, b) => a + b, 0) / rewards.length;
    best = Math.max(best, ...rewards);
    rewards.forEach((r) => all.push({x: round + 1, values: [r, null, null]}));
    all.push({x: round + 1, values: [null, mean, best]});
  }
  return [all, rounds.length ? `Round ${rounds.at(-1) + 1}: the best reward so far is ${best.toFixed(4)}.` : "No rewards yet."];
}

function layers(data) {
  if (data === null) return [h("h2", {}, "Channels kept"), h("p", {class: "soft"}, "The channels are not rated yet.")];
  if (data.problem) return [h("h2", {}, "Channels kept"), h("p", {class: "soft"}, data.problem)];
  const of = data.candidate ? `by ${data.candidate.split(".").slice(1).join(".") || data.candidate}` : "";
  return [
    h("h2", {}, `Channels kept ${of}`),
    h("p", {class: "soft small"}, `Each curve is the cost that ${constant(data.criterion)} expects of cutting this group alone, over the channels it keeps; dots were measured; the dashed line is the chosen width.`),
    h("ul", {class: "layers"}, data.layers.map((l) => h("li", {}, layer(l)))),
    h("details", {}, h("summary", {}, "As a table"), table("Channels kept by group", [
      {name: "group", cell: (l) => h("span", {class: "mono"}, l.group)}, {name: "channels", number: true, cell: (l) => l.channels},
      {name: "kept", number: true, cell: (l) => l.kept ?? "–"}, {name: "expected cost", number: true, cell: (l) => (l.kept === null ? "–" : cost(costAt(l, l.kept)))},
      {name: "cost at half width", number: true, cell: (l) => cost(costAt(l, l.channels / 2))}], data.layers)),
  ];
}

function costAt(l, kept) {
  const nearest = l.widths.reduce((best, w, i) => (Math.abs(w - kept) < Math.abs(l.widths[best] - kept) ? i : best), 0);
  return l.costs[nearest];
}

function layer(l) {
  const most = Math.max(...l.costs, ...l.measured.map((m) => m.nats), 1e-12);
  const x = (kept) => (100 * kept) / l.channels;
  const y = (c) => 38 - (34 * c) / most;
  const share = l.kept === null ? 1 : l.kept / l.channels;
  const meter = h("i");
  meter.style.width = `${100 * share}%`;
  const text = l.kept === null ? `${l.channels} channels` : `${l.kept} of ${l.channels}`;
  return [
    h("div", {class: "row spread small"}, h("span", {class: "mono"}, l.group), h("strong", {}, text)),
    h("div", {class: "meter", "aria-hidden": "true"}, meter),
    svg("svg", {viewBox: "-1 0 102 40", preserveAspectRatio: "none", role: "img", "aria-label": `${l.group}: ${text}${l.kept === null ? "" : `, expected cost ${cost(costAt(l, l.kept))}`}`},
      svg("line", {class: "axis", x1: 0, y1: 38, x2: 100, y2: 38}),
      svg("polyline", {class: "curve", points: l.widths.map((w, i) => `${x(w)},${y(l.costs[i])}`).join(" ")}),
      l.measured.map((m) => svg("ellipse", {class: "dot", cx: x(m.width), cy: y(m.nats), rx: 0.9, ry: 1.5})),
      l.kept === null ? null : svg("line", {class: "kept", x1: x(l.kept), y1: 2, x2: x(l.kept), y2: 38})),
  ];
}

function candidatesTable(id, candidates) {
  const name = (c) => (c.id.startsWith(`${id}.`) ? c.id.slice(id.length + 1) : c.id);
  return [h("h2", {}, "Candidates"), candidates.length === 0 ? h("p", {class: "soft"}, "None proposed yet.")
    : table(`${candidates.length} candidates`, [
      {name: "candidate", cell: (c) => h("span", {class: "mono"}, name(c))},
      {name: "state", cell: (c) => (c.failure ? h("span", {title: c.failure}, "failed") : c.state.toLowerCase())},
      {name: "accuracy", number: true, cell: (c) => percent(c.accuracy)}, {name: "MACs", number: true, cell: (c) => percent(c.macsRatio, 1)},
      {name: "parameters", number: true, cell: (c) => percent(c.parametersRatio, 1)}, {name: "latency", number: true, cell: (c) => percent(c.latencyRatio, 1)},
      {name: "reward", number: true, cell: (c) => (c.reward === null ? "–" : c.reward.toFixed(4))}], [...candidates].reverse(), (c) => (c.last ? "chosen" : null))];
}

function events(list) {
  return [h("h2", {}, "Events"), h("ol", {class: "events tall", tabindex: "0", "aria-label": "Events, the newest first"},
    list.map((e) => h("li", {}, h("time", {datetime: e.at, title: e.at}, clock(e.at)), h("span", {}, e.text, h("span", {class: "soft small"}, ` · ${e.topic}`)))))];
}

function workers(list) {
  return [h("h2", {}, "Workers' last reports"), list.length === 0 ? h("p", {class: "soft"}, "None yet.") : table("Progress as the workers report it", [
    {name: "stage", cell: (w) => constant(w.stage)}, {name: "done", number: true, cell: (w) => percent(w.share, 0)}, {name: "doing", cell: (w) => w.detail}, {name: "at", cell: (w) => clock(w.at)}], list)];
}
