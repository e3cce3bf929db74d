// Keeps an import going while its page is open; without it a button does.
const place = document.querySelector("[data-import]");
const WAIT_AFTER_FAILURE = 5000;

async function goOn() {
  for (;;) {
    const form = place.querySelector("[data-import-step]");
    if (!form) return;
    try {
      const response = await fetch(`${form.action}?fragment=1`, { method: "POST", body: new FormData(form) });
      if (!response.ok) return; // the button stays, and pressing it shows the error page
      place.innerHTML = await response.text();
    } catch {
      await new Promise((resolve) => setTimeout(resolve, WAIT_AFTER_FAILURE));
    }
  }
}

if (place) goOn();
