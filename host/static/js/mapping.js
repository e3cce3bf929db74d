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
  const key = row.querySelector(".crm-choice").value;
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
    if (event.target.matches(".crm-choice")) {
      lock(toCrm, why.crm);
      lock(toErp, why.erp);
      row.querySelector("[data-note]").textContent = "";
      showColumns(row);
    }
    // another link fills the field one-way: here it can only go both ways
    if (why.oneWay && toCrm.checked && !toErp.checked) {
      if (event.target === toErp) toCrm.checked = false;
      else toErp.checked = !toErp.disabled;
      row.querySelector("[data-note]").textContent = why.oneWay;
    }
    showPolicy(row);
  });
  for (const row of form.querySelectorAll("[data-map-row]")) showPolicy(row);
}

// both sides can change only what goes both ways
function showPolicy(row) {
  const policy = row.querySelector("[data-policy]");
  if (policy) policy.hidden = ![...row.querySelectorAll(".dir input")].every((box) => box.checked);
}

// the columns belong to the CRM field that is stored; those of another are proposed when it is saved
function showColumns(row) {
  const columns = form.querySelector(`[data-columns-of="${row.id}"]`);
  const stored = row.querySelector(".crm-choice [selected]");
  if (columns) columns.hidden = row.querySelector(".crm-choice").value !== (stored?.value ?? "");
}

function startArrowKeys() {
  const controls = (row) => [...row.querySelectorAll(".crm-choice, input[type=checkbox]")];
  const steps = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
  form.addEventListener("keydown", (event) => {
    const step = steps[event.key];
    const row = event.target.closest("[data-map-row]");
    if (!step || !row || !controls(row).includes(event.target) || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const rows = [...row.parentElement.querySelectorAll("[data-map-row]")].filter((each) => !each.hidden);
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
