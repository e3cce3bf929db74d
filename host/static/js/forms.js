// Warns before unsaved work is lost, and asks before something is destroyed.
export function startGuards() {
  let changed = false;
  document.addEventListener("input", (event) => {
    if (event.target.form?.matches("[data-guard]")) changed = true;
  });
  document.addEventListener("submit", () => {
    changed = false;
  });
  window.addEventListener("beforeunload", (event) => {
    if (changed) event.preventDefault();
  });
}

export function startAskingFirst() {
  document.addEventListener("submit", (event) => {
    const text = event.submitter?.dataset.confirm ?? event.target.dataset.confirm;
    if (text && !window.confirm(text)) event.preventDefault();
  });
}
