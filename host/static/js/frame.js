// Theme, menu on the phone, "/" for the search, copying.
export function startFrame() {
  document.querySelector("[data-theme-toggle]")?.addEventListener("click", () => {
    const root = document.documentElement;
    root.dataset.bsTheme = root.dataset.bsTheme === "dark" ? "light" : "dark";
    localStorage.setItem("tieline-theme", root.dataset.bsTheme);
  });

  const toggle = document.querySelector("[data-menu-toggle]");
  toggle?.addEventListener("click", () => {
    const menu = document.getElementById(toggle.getAttribute("aria-controls"));
    const open = menu.toggleAttribute("data-open");
    toggle.setAttribute("aria-expanded", String(open));
  });

  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, textarea, select, [contenteditable]");
    if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
    const search = document.querySelector("[data-search]");
    if (!search) return;
    event.preventDefault();
    search.focus();
    search.select();
  });

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    const source = document.querySelector(button.dataset.copy);
    await navigator.clipboard.writeText(source.value ?? source.textContent.trim());
    button.setAttribute("aria-live", "polite");
    button.textContent = button.dataset.copied ?? "✓";
  });
}
