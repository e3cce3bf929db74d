// Lists in an order of one's own: the buttons move an entry at once instead of asking the server, and entries can be
// dragged. What is stored is what the form sends.
const moving = "is-moving";

function renumber(list) {
  const entries = [...list.querySelectorAll("[data-entry]")];
  entries.forEach((entry, place) => {
    entry.querySelector("[data-place]").textContent = String(place + 1);
    const [up, down] = entry.querySelectorAll("[data-move]");
    up.value = `up:${place}`;
    down.value = `down:${place}`;
    up.disabled = place === 0;
    down.disabled = place === entries.length - 1;
  });
}

function tell(list, entry) {
  const status = list.closest("form").querySelector("[data-ordered-status]");
  if (status) status.textContent = `${entry.querySelector(".what").textContent.trim()}: ${entry.querySelector("[data-place]").textContent}`;
}

function startButtons(list) {
  list.addEventListener("click", (event) => {
    const button = event.target.closest("[data-move]");
    if (!button) return;
    event.preventDefault();
    const entry = button.closest("[data-entry]");
    if (button.dataset.move === "up") entry.previousElementSibling?.before(entry);
    else entry.nextElementSibling?.after(entry);
    renumber(list);
    (button.disabled ? entry.querySelector("[data-move]:not(:disabled)") : button)?.focus();
    tell(list, entry);
  });
}

function startDragging(list) {
  for (const entry of list.querySelectorAll("[data-entry]")) entry.draggable = true;
  let dragged = null;
  list.addEventListener("dragstart", (event) => {
    dragged = event.target.closest("[data-entry]");
    dragged.classList.add(moving);
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", "");
  });
  list.addEventListener("dragover", (event) => {
    const under = event.target.closest("[data-entry]");
    if (!dragged || !under) return;
    event.preventDefault();
    if (under === dragged) return;
    const box = under.getBoundingClientRect();
    if (event.clientY < box.top + box.height / 2) under.before(dragged);
    else under.after(dragged);
  });
  list.addEventListener("drop", (event) => event.preventDefault());
  list.addEventListener("dragend", () => {
    if (!dragged) return;
    dragged.classList.remove(moving);
    renumber(list);
    tell(list, dragged);
    dragged = null;
  });
}

for (const list of document.querySelectorAll("[data-ordered]")) {
  if (list.closest("fieldset:disabled")) continue;
  startButtons(list);
  startDragging(list);
}
