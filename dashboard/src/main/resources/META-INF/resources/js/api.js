// Talks to the server. Whatever goes wrong comes back as an Error that names cause and remedy.
const TOKEN = "rspar-token";

async function answer(response) {
  if (response.ok) {
    const text = await response.text();
    return text ? JSON.parse(text) : null;
  }
  const problem = await response.json().catch(() => null);
  const error = new Error(problem?.message ? `${problem.message} — ${problem.remedy}` : `the server answered ${response.status}`);
  error.status = response.status;
  throw error;
}

export const get = async (path) => answer(await fetch(`api/${path}`, {headers: {Accept: "application/json"}}));

/** Something that changes something. */
export async function post(path, body = "", type = "text/plain") {
  const headers = {"X-Rspar-Change": "1", "Content-Type": type, Accept: "application/json"};
  const token = sessionStorage.getItem(TOKEN);
  if (token) headers["X-Rspar-Token"] = token;
  return answer(await fetch(`api/${path}`, {method: "POST", headers, body}));
}

export const token = () => sessionStorage.getItem(TOKEN) ?? "";
/** For this tab, until it is closed. */
export const setToken = (value) => sessionStorage.setItem(TOKEN, value);

/** Calls back with the ids of requests that have changed, and with the state of the connection. */
export function follow(onChange, onState) {
  const source = new EventSource("api/changes");
  source.onopen = () => onState("live");
  source.onerror = () => onState("lost"); // the browser connects again by itself
  source.onmessage = (event) => onChange(JSON.parse(event.data).requests);
}
