// New content takes the place of old without moving who works there: the focus and what was unfolded stay.
const FOCUSABLE = "a[href], button, input, select, textarea, summary, [tabindex]";

export function keepingPlace(place, replace) {
  const focused = place.contains(document.activeElement) ? document.activeElement : null;
  const position = focused ? [...place.querySelectorAll(FOCUSABLE)].indexOf(focused) : -1;
  const identity = focused?.id;
  const unfolded = [...place.querySelectorAll("details")].map((part) => part.open);

  replace();

  place.querySelectorAll("details").forEach((part, index) => {
    if (unfolded[index]) part.open = true;
  });
  if (!focused) return;
  const same = identity && document.getElementById(identity);
  (same || place.querySelectorAll(FOCUSABLE)[position])?.focus({ preventScroll: true });
}
