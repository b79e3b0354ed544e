const day = { month: "short", day: "numeric", hour: "numeric", minute: "2-digit" } as const;
const ofThisYear = new Intl.DateTimeFormat(undefined, day);
const older = new Intl.DateTimeFormat(undefined, { ...day, year: "numeric" });
const whole = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" });

/** `<local-time datetime="ISO">fallback</local-time>`: the time by the reader's clock and language, its zone on hover. */
class LocalTime extends HTMLElement {
  connectedCallback(): void {
    const at = new Date(this.getAttribute("datetime") ?? "");
    if (Number.isNaN(at.getTime())) return;
    const time = document.createElement("time");
    time.dateTime = at.toISOString();
    time.textContent = (at.getFullYear() === new Date().getFullYear() ? ofThisYear : older).format(at);
    time.title = whole.format(at);
    this.replaceChildren(time);
    this.closeUp();
  }

  /** Takes away the line break that ends the included template where a full stop or comma follows. */
  private closeUp(): void {
    const next = this.nextSibling;
    if (next instanceof Text) next.data = next.data.replace(/^\s+(?=[.,;:)])/, "");
  }
}

customElements.define("local-time", LocalTime);
