// Runs before the page is drawn, so that it never flashes in the other theme.
(() => {
  let chosen = null;
  try {
    chosen = localStorage.getItem("tieline-theme");
  } catch {
    // a browser that keeps nothing for us shows the theme of the system
  }
  const dark = chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  document.documentElement.dataset.bsTheme = dark ? "dark" : "light";
  document.documentElement.classList.add("js");
})();
