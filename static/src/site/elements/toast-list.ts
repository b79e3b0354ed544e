const STAY_MS = 8000;

/** `<toast-list>`: messages leave after eight seconds unless hovered, focused or an error. */
class ToastList extends HTMLElement {
  connectedCallback(): void {
    for (const toast of this.querySelectorAll<HTMLElement>(".toast")) this.watch(toast);
  }

  private watch(toast: HTMLElement): void {
    toast.querySelector("[data-close]")?.addEventListener("click", () => toast.remove());
    if (toast.dataset.level === "error") return;
    const leave = () => {
      if (toast.matches(":hover, :focus-within")) setTimeout(leave, STAY_MS / 4);
      else toast.remove();
    };
    setTimeout(leave, STAY_MS);
  }
}

customElements.define("toast-list", ToastList);
