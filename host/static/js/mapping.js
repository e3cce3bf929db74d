// The mapping page: one actor type at a time, directions that follow the chosen CRM field, arrow keys like in a sheet.
const form = document.querySelector("[data-mapping]");

function startSections() {
  const sections = [...form.querySelectorAll("[data-section]")];
  const chosen = form.querySelector("[data-chosen]");
  const show = (id) => {
    const known = sections.some((section) => section.id === id) ? id : sections[0]?.id;
    for (const section of sections) section.hidden = section.id !== known;
    for (const link of document.querySelectorAll("[data-sections] a")) {
      if (link.dataset.goto === known) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    chosen.value = known ?? "";
  };
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-goto]");
    if (!link) return;
    show(link.dataset.goto);
    const target = document.querySelector(link.hash);
    if (target?.matches("tr")) target.querySelector("select")?.focus();
    else event.preventDefault();
  });
  show(chosen.value);
}

function reasonsFor(row, script) {
  const key = row.querySelector("select").value;
  if (row.dataset.toCrm) return { crm: row.dataset.toCrm, erp: row.dataset.toErp, oneWay: "" };
  if (!key) return { crm: script.none, erp: script.none, oneWay: "" };
  const field = script.fields[key] ?? {};
  const [pairCrm, pairErp] = script.pairs[`${row.dataset.type} ${field.type}`] ?? ["", ""];
  const erp = row.dataset.toErp || pairErp;
  const oneWay = field.oneWay ?? "";
  return { crm: pairCrm || field.crm || (erp && oneWay) || "", erp, oneWay };
}

function lock(box, why) {
  const label = box.closest("label");
  if (why) box.checked = false;
  box.disabled = Boolean(why);
  label.classList.toggle("locked", Boolean(why));
  label.title = why || box.dataset.words;
  box.setAttribute("aria-label", why ? `${box.dataset.words} (${why})` : box.dataset.words);
}

function startDirections() {
  form.addEventListener("change", (event) => {
    const row = event.target.closest("[data-map-row]");
    if (!row) return;
    const script = JSON.parse(row.closest("[data-section]").dataset.script);
    const [toCrm, toErp] = row.querySelectorAll(".dir input");
    const why = reasonsFor(row, script);
    if (event.target.matches("select")) {
      lock(toCrm, why.crm);
      lock(toErp, why.erp);
      row.querySelector("[data-note]").textContent = "";
    }
    // another link fills the field one-way: here it can only go both ways
    if (why.oneWay && toCrm.checked && !toErp.checked) {
      if (event.target === toErp) toCrm.checked = false;
      else toErp.checked = !toErp.disabled;
      row.querySelector("[data-note]").textContent = why.oneWay;
    }
  });
}

function startArrowKeys() {
  const controls = (row) => [...row.querySelectorAll("select, input[type=checkbox]")];
  const steps = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
  form.addEventListener("keydown", (event) => {
    const step = steps[event.key];
    const row = event.target.closest("[data-map-row]");
    if (!step || !row || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const rows = [...row.parentElement.rows].filter((each) => !each.hidden);
    const [down, right] = step;
    const place = controls(row).indexOf(event.target);
    for (let next = rows.indexOf(row) + down, column = place + right; rows[next]; next += down, column += right) {
      const control = controls(rows[next])[column];
      if (!control) return;
      if (!control.disabled) {
        control.focus();
        return;
      }
    }
  });
  form.querySelector("[data-keys]").hidden = false;
}

if (form) {
  startSections();
  startDirections();
  startArrowKeys();
  for (const only of form.querySelectorAll("[data-enhanced]")) only.hidden = false;
}
