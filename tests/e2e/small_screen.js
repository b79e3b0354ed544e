/** Looks at a page as a person with a small screen and a keyboard does; see test_small_screen.py. */
window.smallScreen = (() => {
  const CONTROLS = "a[href], button, input, select, textarea, summary, [tabindex]";
  let wanted = new Set();
  let faults = [];
  let first = null;
  let last = null;
  let isRound = false;

  const isThere = (element) =>
    element.checkVisibility({ visibilityProperty: true }) &&
    element.getClientRects().length > 0 &&
    !element.closest("[inert], [aria-hidden=true]") &&
    !element.matches(":disabled, [type=hidden]") &&
    element.tabIndex >= 0 &&
    !isOtherRadio(element);

  const isOtherRadio = (element) => {
    if (element.type !== "radio" || element.checked) return false;
    const group = [...document.getElementsByName(element.name)];
    return group.some((one) => one.checked) || group[0] !== element;
  };

  const nameOf = (element) =>
    `${element.tagName.toLowerCase()}${element.id ? `#${element.id}` : ""} "${(
      element.getAttribute("aria-label") || element.textContent.trim() || element.getAttribute("name") || ""
    ).slice(0, 40)}"`;

  const hasMark = (element) => {
    const style = getComputedStyle(element);
    return (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0) || style.boxShadow !== "none";
  };

  const isMarked = (element) => {
    for (let one = element, up = 0; one && up < 4; one = one.parentElement, up += 1) if (hasMark(one)) return true;
    return [...(element.labels ?? [])].some((label) => hasMark(label));
  };

  /** Looks at what has the focus now. */
  const step = () => {
    const now = document.activeElement;
    if (isRound) return;
    if (!now || now === document.body) isRound = wanted.size === 0;
    else if (now === first) isRound = true;
    else if (now !== last) look(now);
  };

  const look = (now) => {
    first ??= now;
    last = now;
    wanted.delete(now);
    if (!isMarked(now)) faults.push(`focus is not seen: ${nameOf(now)}`);
    const box = now.getBoundingClientRect();
    if (box.right < 1 || box.left > innerWidth - 1) faults.push(`focus is off the screen: ${nameOf(now)}`);
  };

  addEventListener("keydown", (event) => event.key === "Tab" && step(), true);

  return {
    layout() {
      const wide = document.documentElement.scrollWidth;
      if (wide <= innerWidth && document.body.scrollWidth <= innerWidth) return [];
      const outside = [...document.querySelectorAll("body *")].find(
        (one) => one.getBoundingClientRect().right > innerWidth + 1 && one.checkVisibility(),
      );
      return [`scrolls sideways to ${wide}: ${outside ? `${nameOf(outside)} .${outside.className}` : "?"}`];
    },
    begin() {
      document.activeElement?.blur();
      getSelection()?.removeAllRanges();
      faults = [];
      first = null;
      last = null;
      isRound = false;
      wanted = new Set([...document.querySelectorAll(CONTROLS)].filter(isThere));
    },
    /** Whether Tab has come round; each press of it looks at what the one before has reached. */
    isRound() {
      step();
      return isRound;
    },
    end: () => [...faults, ...[...wanted].filter((one) => one.isConnected && isThere(one)).map((one) => `Tab does not reach ${nameOf(one)}`)],
  };
})();
