const full = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

/** `<local-time datetime="ISO">fallback</local-time>`: the time by the reader's clock and language. */
class LocalTime extends HTMLElement {
  connectedCallback(): void {
    const at = new Date(this.getAttribute("datetime") ?? "");
    if (Number.isNaN(at.getTime())) return;
    const time = document.createElement("time");
    time.dateTime = at.toISOString();
    time.textContent = full.format(at);
    this.replaceChildren(time);
  }
}

customElements.define("local-time", LocalTime);
