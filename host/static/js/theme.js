// Light or dark: as the system has it, until somebody chooses the other one.
const KEY = "tieline-theme";
const root = document.documentElement;
const systemIsDark = matchMedia("(prefers-color-scheme: dark)");

function ofSystem() {
  return systemIsDark.matches ? "dark" : "light";
}

function chosen() {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

function remember(theme) {
  try {
    // Choosing what the system has means to follow the system again.
    if (theme === ofSystem()) localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, theme);
  } catch {
    // the choice then lasts as long as the page
  }
}

export function startTheme() {
  const toggle = document.querySelector("[data-theme-toggle]");
  const show = (theme) => {
    root.dataset.bsTheme = theme;
    toggle?.setAttribute("aria-pressed", String(theme === "dark"));
  };
  show(root.dataset.bsTheme);
  toggle?.addEventListener("click", () => {
    show(root.dataset.bsTheme === "dark" ? "light" : "dark");
    remember(root.dataset.bsTheme);
  });
  const follow = () => show(chosen() ?? ofSystem());
  systemIsDark.addEventListener("change", follow);
  window.addEventListener("storage", (event) => {
    if (event.key === KEY) follow();
  });
}
