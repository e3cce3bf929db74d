// Tables: arrow keys move between rows, a filter hides those that do not suit.
export function startRows() {
  document.addEventListener("keydown", (event) => {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    if (event.target.closest("select, textarea, input:not([type=checkbox])")) return;
    const row = event.target.closest("tr[data-row]");
    if (!row) return;
    let next = row;
    do {
      next = event.key === "ArrowDown" ? next.nextElementSibling : next.previousElementSibling;
    } while (next && (next.hidden || !next.matches("[data-row]")));
    if (!next) return;
    event.preventDefault();
    next.focus();
  });

  document.addEventListener("input", (event) => {
    const body = event.target.dataset?.filter && document.querySelector(event.target.dataset.filter);
    if (!body) return;
    const words = event.target.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const row of body.rows) {
      const text = (row.dataset.text ?? row.textContent).toLowerCase();
      row.hidden = !words.every((word) => text.includes(word));
    }
  });
}
