// How the dashboard writes quantities.
const integers = new Intl.NumberFormat("en");

export const percent = (share, digits = 2) => (share === null || share === undefined ? "–" : `${(100 * share).toFixed(digits)} %`);
export const count = (n) => (n === null || n === undefined ? "–" : integers.format(n));
export const points = (share) => `${share >= 0 ? "+" : "−"}${Math.abs(100 * share).toFixed(2)} points`;
export const change = (before, after) => (before ? `${after >= before ? "+" : "−"}${Math.abs(100 * (after - before) / before).toFixed(1)} %` : "–");
export const clock = (instant) => new Date(instant).toLocaleTimeString("en-GB");
export const moment = (instant) => (instant ? new Date(instant).toLocaleString("en-GB", {dateStyle: "medium", timeStyle: "short"}) : "–");
export const constant = (name) => name.toLowerCase().replaceAll("_", "-");

export function cost(value) {
  if (value === 0) return "0";
  return Math.abs(value) < 1e-3 || Math.abs(value) >= 1e4 ? value.toExponential(1) : value.toPrecision(3);
}

export function bytes(n) {
  if (n < 1024) return `${n} B`;
  return n < 1048576 ? `${(n / 1024).toFixed(1)} KiB` : `${(n / 1048576).toFixed(2)} MiB`;
}

export function duration(seconds) {
  if (seconds < 60) return `${Math.max(1, Math.round(seconds))} s`;
  if (seconds < 3600) return `${Math.round(seconds / 60)} min`;
  return `${Math.floor(seconds / 3600)} h ${Math.round((seconds % 3600) / 60)} min`;
}

/** The badge of a request. */
export function state(summary) {
  if (summary.stage === "FAILED") return {text: "failed", kind: "bad"};
  if (summary.stage === "COMPLETED") return summary.goalMet ? {text: "goal met", kind: "good"} : {text: "goal not met", kind: "warn"};
  if (summary.cancelling) return {text: "cancelling", kind: "warn"};
  return {text: constant(summary.stage), kind: "busy"};
}
