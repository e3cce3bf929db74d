// Relative times grow older while a page is open; the same steps as on the server, so that none jumps at once.
const STEPS = [["week", 604800], ["day", 86400], ["hour", 3600], ["minute", 60]];
const THRESHOLD = 1.2;
const MONTH = 30 * 86400;

export function startTimes() {
  setInterval(() => refreshTimes(document), 30_000);
}

export function refreshTimes(root) {
  const words = new Intl.RelativeTimeFormat(document.documentElement.lang, { numeric: "always" });
  for (const element of root.querySelectorAll("time[data-ago]")) {
    const seconds = (new Date(element.dateTime) - Date.now()) / 1000;
    const step = STEPS.find(([, size]) => Math.abs(seconds) >= size * THRESHOLD);
    if (step && Math.abs(seconds) < MONTH) element.textContent = words.format(Math.round(seconds / step[1]), step[0]);
  }
}
