// The list mapping: an item of the CRM that is chosen twice is marked before anything is sent.
const form = document.querySelector("[data-list-table]");

function markTwice() {
  const choices = [...form.querySelectorAll("[name=crm_key]")];
  const counts = new Map();
  for (const each of choices) counts.set(each.value, (counts.get(each.value) ?? 0) + 1);
  for (const each of choices) {
    const wrong = each.closest("td").querySelector("[data-wrong]");
    const isTwice = each.value !== "" && counts.get(each.value) > 1;
    if (isTwice) {
      each.setAttribute("aria-invalid", "true");
      each.setAttribute("aria-describedby", wrong.id);
    } else {
      each.removeAttribute("aria-invalid");
    }
    wrong.textContent = isTwice ? form.dataset.twice : "";
  }
}

if (form) {
  // what was chosen before this script came counts too; faults that the page brought along stay
  if (![...form.querySelectorAll("[data-wrong]")].some((wrong) => wrong.textContent)) markTwice();
  form.addEventListener("change", (event) => {
    if (event.target.name !== "crm_key") return;
    markTwice();
    // what the note says holds for what was chosen before
    event.target.closest("tr").querySelector("[data-note]").textContent = "";
  });
  for (const only of form.querySelectorAll("[data-enhanced]")) only.hidden = false;
}
