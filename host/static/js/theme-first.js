// Runs before the page is drawn, so that it never flashes in the other theme.
(() => {
  const stored = localStorage.getItem("tieline-theme");
  const dark = stored ? stored === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  document.documentElement.dataset.bsTheme = dark ? "dark" : "light";
  document.documentElement.classList.add("js");
})();
