// Warns before unsaved work is lost.
export function startGuards() {
  const changed = new Set();
  const note = (event) => {
    const form = event.target.form;
    if (form?.matches("[data-guard]")) changed.add(form);
  };
  document.addEventListener("input", note);
  document.addEventListener("change", note);
  document.addEventListener("reset", (event) => changed.delete(event.target));
  document.addEventListener("submit", (event) => {
    if (!event.defaultPrevented) changed.delete(event.target);
  });
  window.addEventListener("beforeunload", (event) => {
    for (const form of changed) if (!form.isConnected) changed.delete(form);
    if (changed.size) event.preventDefault();
  });
}
