// The page's frame: which page is shown, and the connection to the server.
import {follow, get} from "./api.js";
import {h, say} from "./dom.js";
import {forget} from "./charts.js";
import {requestsPage} from "./requests.js";
import {requestPage} from "./request.js";
import {pipelinePage} from "./pipeline.js";
import {submitPage} from "./submit.js";

const content = document.getElementById("content");
const connection = document.getElementById("connection");
let page = null;
let first = true;
let about = {changes: false, needsToken: false};

function route() {
  const [, name, id] = location.hash.replace(/^#/, "").split("/");
  if (name === "requests" && id) return requestPage(decodeURIComponent(id), about);
  if (name === "pipeline") return pipelinePage(about);
  if (name === "submit") return submitPage(about);
  return requestsPage();
}

async function show() {
  page?.leave?.();
  forget();
  page = route();
  document.title = `${page.title} · R-SPAR`;
  for (const link of document.querySelectorAll("nav a[href^='#']")) {
    const here = link.getAttribute("href").slice(1).split("/")[1] === (location.hash.slice(1).split("/")[1] ?? "").replace("requests", "");
    if (here) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  content.replaceChildren(page.element);
  if (!first) content.focus(); // a screen reader begins at the new page
  first = false;
  await refresh(null);
}

let running = false;
let again = false;
/** Never two at a time; whatever changes meanwhile is taken in one further round. */
async function refresh(changed) {
  if (running) {
    again = true;
    return;
  }
  running = true;
  try {
    await page.refresh(changed);
  } catch (error) {
    if (error instanceof TypeError) connect("lost");
    else say(error.message);
  } finally {
    running = false;
  }
  if (again) {
    again = false;
    await refresh(null);
  }
}

function connect(state) {
  connection.className = `connection ${state}`;
  connection.textContent = state === "live" ? "live" : "connection lost, trying again";
}

addEventListener("hashchange", show);
get("about")
  .then((answer) => { about = answer; })
  .catch((error) => content.replaceChildren(h("p", {class: "empty"}, error.message)))
  .then(show)
  .then(() => follow((changed) => refresh(changed), (state) => {
    const back = state === "live" && connection.classList.contains("lost");
    connect(state);
    if (back) refresh(null);
  }));
