// The form of an ERP link: conditional and dependent fields react in place, and OK waits for the test.
// The gate is the server's; this only shows it. Without this script the form submits and the server answers.
const form = document.querySelector("[data-link-form]");

if (form) start(form);

function start(form) {
  const ok = form.querySelector("[data-ok]");
  const reason = form.querySelector("[data-reason]");
  const testButton = form.querySelector("[data-test]");
  const configuration = form.querySelector("[data-configuration]");
  const connector = form.querySelector("[data-connector]");
  const result = document.querySelector("[data-result]");
  const words = form.dataset;
  let gate = words.gate;
  let why = gate === "needed" ? words.textUntested : "";
  let listRound = 0;

  for (const part of form.querySelectorAll("[data-without-script]")) part.hidden = true;
  startConfiguration();
  showVisibility();
  tell();

  form.addEventListener("input", (event) => edited(event.target));
  form.addEventListener("change", (event) => {
    if (event.target === connector) changeConnector();
    else if (configuration.contains(event.target)) {
      showConditional();
      askListsThatDependOn(event.target.name);
    }
    showVisibility();
    tell();
  });
  testButton.addEventListener("click", (event) => {
    event.preventDefault();
    test();
  });
  form.addEventListener("keydown", (event) => {
    // Enter in a field would press the first button of the form, which is not OK
    if (event.key !== "Enter" || !event.target.matches("input:not([type=checkbox]):not([type=radio])")) return;
    event.preventDefault();
    if (!ok.disabled) ok.click();
    else if (!testButton.disabled) test();
  });
  form.addEventListener("focusin", (event) => {
    if (event.target.type === "password") event.target.select();
  });

  function edited(input) {
    const isGated = input === connector || configuration.contains(input);
    if (isGated) {
      close(words.textChanged.replace("{field}", labelOf(input)));
      clearFault(input);
    }
    tell();
  }

  function close(text) {
    gate = "needed";
    why = text;
    form.elements.proof.value = "";
  }

  function tell() {
    const missing = firstMissing();
    const text = gate === "testing" ? words.textTesting : missing || (gate === "needed" ? why : "");
    ok.disabled = text !== "";
    testButton.disabled = gate === "testing" || !connector.value;
    reason.textContent = text || (gate === "passed" ? words.textPassed : "");
    reason.classList.toggle("wrong-text", text !== "" && gate !== "testing");
    if (text) ok.setAttribute("aria-describedby", reason.id || (reason.id = "ok-reason"));
    else ok.removeAttribute("aria-describedby");
  }

  function firstMissing() {
    const required = [form.elements.name, connector, ...configuration.querySelectorAll("[required]")];
    for (const input of required) {
      if (input.disabled || !(input.value !== undefined)) continue;
      if (input.type !== "checkbox" && !input.value.trim()) return words.textMissing.replace("{field}", labelOf(input));
    }
    const mode = form.elements.visibility.value;
    if (!mode) return words.textVisibility;
    if (mode === "selected" && !form.querySelector("[data-see]:checked")) return words.textNobody;
    return "";
  }

  function labelOf(input) {
    if (input === connector) return words.textConnector;
    const holder = input.closest?.("[data-config-field]");
    if (holder) return holder.dataset.label;
    return input.labels?.[0]?.firstChild?.textContent.trim() ?? input.name;
  }

  // -- visibility

  function showVisibility() {
    const part = form.querySelector("[data-selected]");
    const chosen = form.querySelectorAll("[data-see]:checked").length;
    if (form.elements.visibility.value === "selected" && chosen === 0) part.open = true;
    part.querySelector("[data-selected-count]").textContent = chosen ? `(${chosen})` : "";
    for (const row of part.querySelectorAll("tbody tr")) {
      const sees = row.querySelector("[data-see]");
      for (const right of row.querySelectorAll("[data-connect], [data-create]")) {
        right.disabled = !sees.checked;
        if (!sees.checked) right.checked = false;
      }
    }
  }

  // -- the fields that the connector declares

  function startConfiguration() {
    for (const part of configuration.querySelectorAll("[data-without-script]")) part.hidden = true;
    for (const input of configuration.querySelectorAll("input, select, textarea")) {
      if (input.disabled) input.dataset.locked = "";
    }
    showConditional();
    for (const select of configuration.querySelectorAll("select[data-list]")) askList(select);
  }

  async function changeConnector() {
    close(words.textChanged.replace("{field}", words.textConnector));
    const address = new URL(words.fieldsUrl, location.href);
    address.searchParams.set("connector_id", connector.value || "0");
    if (form.elements.link_id) address.searchParams.set("link_id", form.elements.link_id.value);
    configuration.setAttribute("aria-busy", "true");
    try {
      const response = await fetch(address);
      if (!response.ok) throw new Error(String(response.status));
      configuration.innerHTML = await response.text();
      startConfiguration();
    } catch {
      configuration.textContent = words.textUnreachable;
    }
    configuration.removeAttribute("aria-busy");
    tell();
  }

  function showConditional() {
    // twice, because a field may hang on one that itself is shown or hidden
    for (let round = 0; round < 2; round += 1) {
      for (const holder of configuration.querySelectorAll("[data-show-if]")) {
        const deciding = configuration.querySelector(`[name="${CSS.escape(holder.dataset.showIf)}"]`);
        if (!deciding) continue;
        const value = deciding.type === "checkbox" ? String(deciding.checked) : deciding.value;
        const isShown = !deciding.closest("[hidden]") && JSON.parse(holder.dataset.showValues).includes(value);
        holder.hidden = !isShown;
        for (const input of holder.querySelectorAll("input, select, textarea")) {
          input.disabled = !isShown || input.dataset.locked !== undefined;
        }
      }
    }
  }

  function askListsThatDependOn(name) {
    for (const select of configuration.querySelectorAll("select[data-list]")) {
      if (select.dataset.dependsOn.split(" ").includes(name)) askList(select);
    }
  }

  async function askList(select) {
    if (select.disabled) return;
    const note = select.closest("[data-config-field]").querySelector("[data-list-note]");
    const round = (select.dataset.round = String((listRound += 1)));
    select.setAttribute("aria-busy", "true");
    try {
      const address = new URL(words.itemsUrl, location.href);
      address.searchParams.set("field", select.dataset.list);
      const response = await fetch(address, { method: "POST", body: new FormData(form) });
      const answer = await response.json();
      if (select.dataset.round !== round) return;
      fill(select, answer.items);
      note.textContent = answer.message;
    } catch {
      if (select.dataset.round === round) note.textContent = words.textUnreachable;
    }
    select.removeAttribute("aria-busy");
    tell();
  }

  function fill(select, items) {
    const chosen = select.value;
    const known = new Set(items.map(([key]) => key));
    const options = items.map(([key, text]) => new Option(text, key, false, key === chosen));
    if (chosen && !known.has(chosen)) options.unshift(new Option(chosen, chosen, false, true));
    if (!chosen || !select.required) options.unshift(new Option("", "", false, !chosen));
    select.replaceChildren(...options);
  }

  // -- the test

  async function test() {
    const sent = new FormData(form);
    const before = snapshot();
    gate = "testing";
    tell();
    let answer = { passed: false, html: "", errors: {} };
    try {
      const response = await fetch(words.tryUrl, { method: "POST", body: sent });
      answer = await response.json();
    } catch {
      answer.html = "";
      why = words.textUnreachable;
    }
    if (answer.html) result.innerHTML = answer.html;
    showFaults(answer.errors);
    const isSame = snapshot() === before;
    gate = answer.passed && isSame ? "passed" : "needed";
    form.elements.proof.value = gate === "passed" ? answer.proof : "";
    if (gate === "needed") why = answer.html ? (answer.passed ? words.textUntested : words.textFailed) : words.textUnreachable;
    tell();
  }

  function snapshot() {
    const inputs = [connector, ...configuration.querySelectorAll("input, select, textarea")];
    return JSON.stringify(inputs.map((input) => [input.name, input.type === "checkbox" ? input.checked : input.value, input.disabled]));
  }

  function showFaults(errors) {
    for (const holder of form.querySelectorAll(".field.wrong")) clearFault(holder.querySelector("input, select, textarea"));
    for (const [name, texts] of Object.entries(errors)) {
      const holder = form.querySelector(`[data-field="${CSS.escape(name)}"]`);
      const input = holder?.querySelector("input, select, textarea");
      if (!input) continue;
      holder.classList.add("wrong");
      const fault = document.createElement("span");
      fault.className = "wrong-text";
      fault.id = `${input.id}-wrong`;
      fault.textContent = texts.join("; ");
      holder.append(fault);
      input.setAttribute("aria-invalid", "true");
      input.setAttribute("aria-describedby", [input.getAttribute("aria-describedby"), fault.id].filter(Boolean).join(" "));
    }
    form.querySelector("[aria-invalid=true]")?.focus();
  }

  function clearFault(input) {
    const holder = input?.closest(".field");
    if (!holder) return;
    holder.classList.remove("wrong");
    holder.querySelector(".wrong-text")?.remove();
    input.removeAttribute("aria-invalid");
  }
}
