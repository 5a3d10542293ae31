// The four services, what waits for them, and what could not be processed.
import {get, post} from "./api.js";
import {h, say, slot, table} from "./dom.js";
import {constant, count, moment} from "./format.js";

const INTERVAL = 3000;
const WORK = {sensitivity: "rates channels", search: "chooses widths", pruner: "cuts and repairs", eval: "measures"};

export function pipelinePage(about) {
  const flow = slot(services);
  const lag = slot(topics, {class: "card"});
  const dead = slot((letters) => deadLetters(letters, about), {class: "card"});
  async function refresh() {
    const [pipeline, letters] = await Promise.all([get("pipeline"), get("dead-letters")]);
    flow.update(pipeline.groups);
    lag.update(pipeline.groups);
    dead.update(letters);
  }
  const timer = setInterval(() => refresh().catch(() => {}), INTERVAL);
  return {
    title: "Pipeline",
    element: h("div", {}, h("h1", {}, "Pipeline"), h("p", {class: "lead"}, "Events flow from left to right; lag is what has not been done, running jobs included."), flow.element, lag.element, dead.element),
    refresh,
    leave: () => clearInterval(timer),
  };
}

function services(groups) {
  return h("ol", {class: "flow"}, groups.map((g) => {
    const idle = g.instances.length === 0;
    const s = idle ? {text: "no instance", kind: "bad"} : g.lag > 0 ? {text: "working", kind: "busy"} : {text: "idle", kind: "good"};
    return h("li", {class: "card"},
      h("div", {class: "row spread"}, h("h2", {}, g.service), h("span", {class: `badge ${s.kind}`}, s.text)),
      h("div", {class: "soft small"}, `${WORK[g.service]} · `, h("span", {class: "mono"}, g.name)),
      h("dl", {}, fact("instances", g.instances.length), fact("lag", count(g.lag)), fact("per minute", g.perMinute.toFixed(1))),
      idle ? h("p", {class: "soft small"}, "Nothing that waits for this service will be done until an instance starts.")
        : h("details", {}, h("summary", {}, "Instances"), table(`Instances of ${g.service}`, [
          {name: "client", cell: (i) => h("span", {class: "mono"}, i.clientId)}, {name: "host", cell: (i) => i.host}, {name: "partitions", number: true, cell: (i) => i.partitions}], g.instances)));
  }));
}

const fact = (name, value) => h("div", {}, h("dt", {}, name), h("dd", {}, value));

function topics(groups) {
  const rows = groups.flatMap((g) => g.topics.map((t) => ({...t, group: g.name})));
  return [h("h2", {}, "Consumer lag"), table("Records that a group has not done, by topic", [
    {name: "topic", cell: (t) => h("span", {class: "mono"}, t.topic)}, {name: "consumer group", cell: (t) => h("span", {class: "mono"}, t.group)}, {name: "lag", number: true, cell: (t) => count(t.lag)}], rows)];
}

function deadLetters(letters, about) {
  if (letters.length === 0) return [h("h2", {}, "Dead letters"), h("p", {class: "soft"}, "None: everything could be processed.")];
  return [h("h2", {}, "Dead letters"), table(`${letters.length} ${letters.length === 1 ? "record" : "records"} that could not be processed`, [
    {name: "topic", cell: (d) => h("span", {class: "mono"}, `${d.origin}-${d.partition}@${d.offset}`)},
    {name: "reason", cell: (d) => [h("span", {class: "badge bad"}, constant(d.reason)), h("div", {class: "small"}, d.message)]},
    {name: "request", cell: (d) => (d.requestId ? h("a", {href: `#/requests/${encodeURIComponent(d.requestId)}`}, d.requestId) : "–")},
    {name: "attempts", number: true, cell: (d) => d.attempts ?? "–"}, {name: "at", cell: (d) => moment(d.at)},
    {name: "", cell: (d) => (d.redrivenAt ? h("span", {class: "soft small"}, `sent again ${moment(d.redrivenAt)}`)
      : h("button", {type: "button", disabled: !about.changes, "aria-label": `Re-drive ${d.topic} ${d.partition} ${d.offset}`, onclick: (e) => redrive(d, e.target)}, "Re-drive"))}], letters)];
}

async function redrive(d, button) {
  button.disabled = true;
  try {
    await post(`dead-letters/${d.topic}/${d.partition}/${d.offset}/redrive`);
    say(`Sent to ${d.origin} again.`);
  } catch (error) {
    button.disabled = false;
    say(error.message);
  }
}
