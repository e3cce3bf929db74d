// Tables: arrow keys move between rows, Enter opens one, a filter hides those that do not suit.
export function startRows() {
  document.addEventListener("keydown", (event) => {
    const row = event.target.closest?.("tr[data-row]");
    if (!row || event.target.closest("select, textarea, input:not([type=checkbox])")) return;
    if (event.key === "Enter" && event.target === row) row.querySelector("a[href]")?.click();
    const next = destination(row, event.key);
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

function destination(row, key) {
  if (!["ArrowDown", "ArrowUp", "Home", "End"].includes(key)) return null;
  const rows = [...row.parentElement.querySelectorAll("tr[data-row]:not([hidden])")];
  const place = rows.indexOf(row);
  return { ArrowDown: rows[place + 1], ArrowUp: rows[place - 1], Home: rows[0], End: rows.at(-1) }[key];
}
