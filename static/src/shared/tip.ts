const DELAY_MS = 400;

/** Shows the text of `data-tip` near the control after 400 ms of hover or keyboard focus; Escape hides it. */
export function watchTips(): void {
  const tip = document.createElement("div");
  tip.className = "tip";
  tip.setAttribute("popover", "manual");
  tip.setAttribute("aria-hidden", "true");
  let timer = 0;
  let owner: Element | null = null;

  const hide = () => {
    clearTimeout(timer);
    owner = null;
    if (tip.matches(":popover-open")) tip.hidePopover();
  };
  const show = (target: HTMLElement) => {
    if (!target.isConnected || !target.dataset.tip) return;
    tip.textContent = target.dataset.tip;
    (target.closest("dialog[open]") ?? document.body).append(tip);
    tip.showPopover();
    place(tip, target.getBoundingClientRect());
  };
  const start = (event: Event) => {
    const target = (event.target as Element | null)?.closest?.<HTMLElement>("[data-tip]");
    if (!target || target === owner) return;
    if (event.type === "focusin" && !target.matches(":focus-visible")) return;
    hide();
    owner = target;
    timer = window.setTimeout(show, DELAY_MS, target);
  };
  const leave = (event: Event) => {
    const next = (event as PointerEvent).relatedTarget as Node | null;
    if (owner && !(next && owner.contains(next))) hide();
  };

  document.addEventListener("pointerover", (event) => {
    if (event.pointerType !== "touch") start(event);
  });
  document.addEventListener("pointerout", leave);
  document.addEventListener("focusin", start);
  document.addEventListener("focusout", hide);
  document.addEventListener("pointerdown", hide);
  document.addEventListener("scroll", hide, { capture: true, passive: true });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") hide();
  });
}

function place(tip: HTMLElement, anchor: DOMRect): void {
  const box = tip.getBoundingClientRect();
  const below = anchor.bottom + 6;
  const top = below + box.height > innerHeight - 4 ? anchor.top - box.height - 6 : below;
  const left = anchor.left + anchor.width / 2 - box.width / 2;
  tip.style.top = `${Math.max(4, top)}px`;
  tip.style.left = `${Math.min(Math.max(4, left), innerWidth - box.width - 4)}px`;
}
