// A request from a form, from a file, or typed: what counts is the YAML on the right.
import {post, setToken, token} from "./api.js";
import {h} from "./dom.js";

const UNITS = {macs: "50%", parameters: "50%", latency: "60%", energy: "60%", accuracyLoss: "1 point"};
const METHODS = ["curve-optimal", "r-spar", "global-threshold", "uniform", "random-search"];
const CRITERIA = ["h-obs", "kfac-obd", "diagonal-fisher", "taylor", "activation", "bn-scale", "l1", "l2", "random"];

export function submitPage(about) {
  const yaml = h("textarea", {id: "yaml", spellcheck: "false", "aria-describedby": "outcome"});
  const outcome = h("div", {id: "outcome", role: "status"});
  const field = (name, label, control) => [name, h("label", {}, h("span", {}, label), control)];
  const input = (value, more = {}) => h("input", {value, ...more});
  const select = (values) => h("select", {}, values.map((v) => h("option", {value: v}, v)));
  const controls = {
    model: input("", {placeholder: "/models/net.onnx"}), format: select(["npz", "idx", "npy", "cifar-binary", "image-folder", "csv"]),
    mean: input("", {placeholder: "0.485, 0.456, 0.406"}), std: input("", {placeholder: "0.229, 0.224, 0.225"}),
    calibration: input("", {placeholder: "calibration.npz"}), train: input("", {placeholder: "train.npz (for fine-tuning)"}),
    validation: input("", {placeholder: "validation.npz"}), test: input("", {placeholder: "test.npz"}),
    metric: select(Object.keys(UNITS)), limit: input("50%"), method: select(METHODS), criterion: select(CRITERIA), epochs: input("0", {type: "number", min: "0", step: "0.1"}), seed: input("0", {type: "number"}),
  };
  controls.metric.addEventListener("change", () => { controls.limit.value = UNITS[controls.metric.value]; });
  const labels = {model: "ONNX model", format: "format", mean: "normalisation: mean", std: "normalisation: standard deviation", calibration: "calibration (scores)", train: "training (recovery)", validation: "validation (rewards)", test: "test (the report)", metric: "limit the", limit: "to at most", method: "method", criterion: "criterion", epochs: "epochs of fine-tuning", seed: "seed"};
  const group = (legend, names) => h("fieldset", {}, h("legend", {}, legend), h("div", {class: "fields"}, names.map((n) => field(n, labels[n], controls[n])[1])));
  const write = () => { yaml.value = request(controls); outcome.replaceChildren(); };
  const form = h("form", {class: "card", oninput: write, onsubmit: (e) => e.preventDefault()}, h("h2", {}, "Form"),
    group("Model and target", ["model", "metric", "limit"]), group("Data", ["format", "calibration", "validation", "test", "train", "mean", "std"]), group("Method", ["method", "criterion", "epochs", "seed"]),
    h("p", {class: "soft small"}, "Several files of one role are separated by spaces. Files have to exist where the sensitivity service runs."));
  const upload = h("input", {type: "file", accept: ".yaml,.yml,.json", onchange: async () => { if (upload.files[0]) yaml.value = await upload.files[0].text(); }});
  const secret = h("input", {type: "password", autocomplete: "off", value: token(), oninput: () => setToken(secret.value)});
  const send = (check) => async () => {
    try {
      const answer = await post(`requests?check=${check}`, yaml.value);
      outcome.replaceChildren(h("div", {class: "notice good"}, check ? "This is a valid request. Whether its files can be used, the first stage finds out." : ["Submitted as ", h("a", {href: `#/requests/${encodeURIComponent(answer.id)}`}, answer.id), "."]));
      if (!check) location.hash = `#/requests/${encodeURIComponent(answer.id)}`;
    } catch (error) {
      outcome.replaceChildren(h("div", {class: "notice bad"}, error.message));
    }
  };
  write();
  return {
    title: "Submit",
    element: h("div", {}, h("h1", {}, "Submit a request"), h("p", {class: "lead"}, "Fill in the form, upload a request file, or write it yourself."),
      about.changes ? null : h("div", {class: "notice warn"}, "Nothing can be changed here: the dashboard can be reached from elsewhere and has no token. Set rspar.dashboard.token."),
      h("div", {class: "grid"}, form, h("div", {class: "card"},
        h("label", {}, h("span", {}, "Upload a request file"), upload), h("p", {}),
        h("label", {for: "yaml"}, h("span", {}, "Request (YAML)")), yaml, h("p", {}),
        about.needsToken ? h("label", {}, h("span", {}, "Token"), secret) : null, h("p", {}),
        h("div", {class: "row"}, h("button", {type: "button", onclick: send(true)}, "Check"), h("button", {type: "button", class: "primary", disabled: !about.changes, onclick: send(false)}, "Submit")), h("p", {}), outcome))),
    async refresh() {},
  };
}

/** JSON strings are YAML strings: nothing that is typed can become a key. */
function request(c) {
  const text = (value) => (/^[\w./~-]+$/.test(value) ? value : JSON.stringify(value));
  const files = (value) => {
    const list = value.trim().split(/\s+/).filter(Boolean).map(text);
    return list.length === 1 ? list[0] : `[${list.join(", ")}]`;
  };
  const numbers = (value) => `[${value.split(/[,\s]+/).filter(Boolean).join(", ")}]`;
  const lines = [`model: ${text(c.model.value || "net.onnx")}`, "data:", `  format: ${c.format.value}`];
  if (c.mean.value || c.std.value) lines.push(`  normalisation: {mean: ${numbers(c.mean.value)}, std: ${numbers(c.std.value)}}`);
  for (const role of ["calibration", "train", "validation", "test"]) {
    if (c[role].value || role !== "train") lines.push(`  ${role}: ${files(c[role].value || `${role}.npz`)}`);
  }
  lines.push(`target: {${c.metric.value}: ${c.limit.value}}`, `method: ${c.method.value}`, `criterion: ${c.criterion.value}`);
  if (Number(c.epochs.value) > 0) lines.push(`recovery: {epochs: ${c.epochs.value}}`);
  if (Number(c.seed.value) !== 0) lines.push(`seed: ${c.seed.value}`);
  return `${lines.join("\n")}\n`;
}
