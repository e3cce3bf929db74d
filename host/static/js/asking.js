// Asks before something is destroyed: data-confirm="what is lost" on a form or on the button that sends it.
export function startAskingFirst() {
  const agreed = new WeakSet();
  document.addEventListener(
    "submit",
    async (event) => {
      const form = event.target;
      const button = event.submitter;
      const text = button?.dataset.confirm ?? form.dataset.confirm;
      if (!text || agreed.delete(form)) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      if (!(await agreesTo(text, button?.textContent.trim()))) return;
      agreed.add(form);
      form.requestSubmit(button);
    },
    { capture: true },
  );
}

function agreesTo(text, action) {
  const template = document.querySelector("template[data-ask]");
  if (!template) return Promise.resolve(window.confirm(text));
  const dialog = template.content.firstElementChild.cloneNode(true);
  dialog.querySelector("[data-ask-text]").textContent = text;
  const proceed = dialog.querySelector("[value=yes]");
  if (action) proceed.textContent = action;
  document.body.append(dialog);
  dialog.showModal(); // the browser gives the focus back to the button when it closes
  return new Promise((answer) => {
    dialog.addEventListener("close", () => {
      answer(dialog.returnValue === "yes");
      dialog.remove();
    });
  });
}
