// All requests, the newest first.
import {get} from "./api.js";
import {h, slot} from "./dom.js";
import {duration, moment, percent, state} from "./format.js";

export function requestsPage() {
  const list = slot(draw);
  return {
    title: "Requests",
    element: h("div", {}, h("h1", {}, "Requests"), h("p", {class: "lead"}, "Every pruning request that the topics hold, as it goes."), list.element),
    async refresh() {
      list.update(await get("requests"));
    },
  };
}

function draw(requests) {
  if (requests.length === 0) {
    return h("div", {class: "card empty"}, h("h2", {}, "No requests yet"), h("p", {}, h("a", {href: "#/submit"}, "Submit one here"), ", or with ", h("code", {}, "rspar submit"), "."));
  }
  return h("ul", {class: "requests"}, requests.map((r) => h("li", {}, item(r))));
}

function item(r) {
  const s = state(r);
  const ended = r.stage === "COMPLETED" || r.stage === "FAILED";
  const left = r.secondsLeft ? `, about ${duration(r.secondsLeft)} left` : "";
  const of = r.candidatesPlanned > 0 && !ended ? ` (${r.candidatesDone} of ${r.candidatesPlanned} candidates${left})` : "";
  return h("a", {href: `#/requests/${encodeURIComponent(r.id)}`},
    h("div", {}, h("strong", {}, r.model), " ", h("span", {class: `badge ${s.kind}`}, s.text),
      h("div", {class: "soft small"}, [r.target, r.method, r.criterion].filter(Boolean).join(" · ")),
      h("div", {class: "soft small mono"}, r.id)),
    h("div", {class: s.kind}, h("progress", {max: 1, value: r.progress, "aria-label": `Progress of ${r.id}`}), h("div", {class: "small soft"}, r.detail + of)),
    h("div", {class: "figures"},
      r.accuracy === null ? h("span", {class: "soft"}, "nothing measured yet")
        : [h("strong", {}, percent(r.accuracy)), h("div", {class: "small soft"}, `${percent(r.macsRatio, 0)} MACs · ${percent(r.latencyRatio, 0)} latency`)],
      h("div", {class: "small soft"}, moment(r.submittedAt))));
}
