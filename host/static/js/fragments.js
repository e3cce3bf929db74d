// Parts of a page that come later: loaded once beside it, or asked for again and again by ETag.
import { keepingPlace } from "./keeping-place.js";
import { refreshTimes } from "./times.js";

const DEFAULT_LOAD_SECONDS = 15;
const DEFAULT_POLL_SECONDS = 2;
const ENDED = new Set([401, 403, 404]);

function put(place, html) {
  keepingPlace(place, () => {
    place.innerHTML = html;
  });
  place.removeAttribute("aria-busy");
  refreshTimes(place);
  startLoading(place);
  startPolling(place);
}

export function startLoading(root) {
  for (const place of root.querySelectorAll("[data-load]")) load(place);
}

async function load(place) {
  place.setAttribute("aria-busy", "true");
  const seconds = Number(place.dataset.loadSeconds ?? DEFAULT_LOAD_SECONDS);
  try {
    const response = await fetch(place.dataset.load, { signal: AbortSignal.timeout(seconds * 1000) });
    if (response.redirected || !response.ok) throw new Error(String(response.status));
    put(place, await response.text());
  } catch {
    showFailure(place);
  }
  place.querySelector("[data-retry]")?.addEventListener("click", () => load(place));
}

function showFailure(place) {
  const template = document.querySelector("template[data-load-failed]");
  place.removeAttribute("aria-busy");
  place.replaceChildren(template ? template.content.cloneNode(true) : document.createTextNode("…"));
}

export function startPolling(root) {
  for (const place of root.querySelectorAll("[data-poll]")) poll(place);
}

function poll(place) {
  const seconds = Number(place.dataset.pollSeconds ?? DEFAULT_POLL_SECONDS);
  let etag = "";
  let timer = 0;

  function again() {
    clearTimeout(timer);
    timer = setTimeout(ask, seconds * 1000);
  }

  function end() {
    document.removeEventListener("visibilitychange", onReturn);
  }

  function onReturn() {
    if (document.hidden) return;
    clearTimeout(timer);
    ask();
  }

  async function ask() {
    if (!place.isConnected) return end();
    if (document.hidden) return; // whoever comes back is shown the present state at once
    try {
      const response = await fetch(place.dataset.poll, { headers: etag ? { "If-None-Match": etag } : {}, cache: "no-store" });
      if (response.redirected || ENDED.has(response.status)) return end(); // signed out, or gone
      if (response.status === 200) {
        etag = response.headers.get("ETag") ?? "";
        put(place, await response.text());
      }
      if (response.headers.get("X-Poll") === "stop") return end();
    } catch {
      // the server is away for a moment; the next try tells
    }
    again();
  }

  document.addEventListener("visibilitychange", onReturn);
  again();
}
