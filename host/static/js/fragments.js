// Parts of a page that come later: loaded once beside it, or asked for again and again by ETag.
import { refreshTimes } from "./times.js";

const DEFAULT_LOAD_SECONDS = 15;
const DEFAULT_POLL_SECONDS = 2;

function put(place, html) {
  place.innerHTML = html;
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
  const again = () => setTimeout(ask, seconds * 1000);
  async function ask() {
    if (!place.isConnected) return;
    if (document.hidden) return again();
    try {
      const response = await fetch(place.dataset.poll, { headers: etag ? { "If-None-Match": etag } : {}, cache: "no-store" });
      if (response.status === 200 && !response.redirected) {
        etag = response.headers.get("ETag") ?? "";
        put(place, await response.text());
      }
      if (response.headers.get("X-Poll") === "stop" || response.status === 404) return;
    } catch {
      // the server is away for a moment; the next try tells
    }
    again();
  }
  again();
}
