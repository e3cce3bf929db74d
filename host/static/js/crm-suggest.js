// Suggests records for inputs that refer to one; without it the name or "#id" is typed in full.
const WAIT_MILLISECONDS = 200;

for (const [index, input] of document.querySelectorAll("input[data-suggest]").entries()) {
  const list = document.createElement("datalist");
  list.id = `suggestions-${index}`;
  input.after(list);
  input.setAttribute("list", list.id);
  let timer;
  let latest = 0;
  input.addEventListener("input", () => {
    clearTimeout(timer);
    const text = input.value.trim();
    if (!text || /#\d+$/.test(text)) return;
    timer = setTimeout(async () => {
      const asked = ++latest;
      const response = await fetch(`${input.dataset.suggest}?${new URLSearchParams({ q: text })}`);
      if (!response.ok || asked !== latest) return;
      list.replaceChildren(...(await response.json()).map((suggestion) => new Option(suggestion, suggestion)));
    }, WAIT_MILLISECONDS);
  });
}
