// The form of a sync connector: its URL is tried in place, and again before it is saved.
// The server asks too and decides; without this script the form submits and comes back with the same answer.
const form = document.querySelector("[data-connector-form]");

if (form) start(form);

function start(form) {
  const result = form.querySelector("[data-result]");
  const confirming = form.querySelector("[data-confirming]");
  const template = form.querySelector("[data-confirm-field]");
  const first = snapshot();
  let isAsking = false;
  let passed = "";

  form.addEventListener("submit", async (event) => {
    const isTrial = event.submitter?.matches("[data-try]") ?? false;
    const isKnown = snapshot() === first && form.elements.connector_id;
    if (!isTrial && (isKnown || snapshot() === passed || form.elements.confirm?.checked)) return;
    event.preventDefault();
    if (isAsking) return;
    const usable = await ask();
    if (usable && !isTrial) form.requestSubmit(form.querySelector("[data-save]"));
  });

  form.addEventListener("input", (event) => {
    if (event.target.name === "url" || event.target.name === "token") showConfirming(false);
  });

  form.addEventListener("keydown", (event) => {
    // Enter in a field would press the first button of the form, which only tries
    if (event.key !== "Enter" || !event.target.matches("input:not([type=checkbox])")) return;
    event.preventDefault();
    form.requestSubmit(form.querySelector("[data-save]"));
  });

  form.addEventListener("focusin", (event) => {
    if (event.target.type === "password") event.target.select();
  });

  async function ask() {
    const sent = new FormData(form);
    const asked = snapshot();
    isAsking = true;
    result.setAttribute("aria-busy", "true");
    result.textContent = form.dataset.textAsking;
    let answer = { usable: false, html: "", errors: {} };
    let isAnswered = true;
    try {
      const response = await fetch(form.dataset.probeUrl, { method: "POST", body: sent });
      answer = await response.json();
    } catch {
      isAnswered = false;
    }
    isAsking = false;
    result.removeAttribute("aria-busy");
    const faults = Object.values(answer.errors).flat();
    if (answer.html) result.innerHTML = answer.html;
    else result.textContent = isAnswered ? faults.join("; ") : form.dataset.textUnreachable;
    showConfirming(isAnswered && !answer.usable && faults.length === 0);
    passed = answer.usable ? asked : "";
    return answer.usable && snapshot() === asked;
  }

  function showConfirming(isNeeded) {
    confirming.hidden = !isNeeded;
    if (isNeeded) confirming.replaceChildren(template.content.cloneNode(true));
    else confirming.replaceChildren();
  }

  function snapshot() {
    return JSON.stringify([form.elements.url.value.trim(), form.elements.token.value]);
  }
}
