// Buttons that copy a text of the page.
export function startCopying() {
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    const source = document.querySelector(button.dataset.copy);
    try {
      await navigator.clipboard.writeText(source.value ?? source.textContent.trim());
      button.setAttribute("aria-live", "polite");
      button.textContent = button.dataset.copied ?? "✓";
    } catch {
      // Browsers give the clipboard to https and localhost only; marked, the text is one key away.
      getSelection().selectAllChildren(source);
    }
  });
}
