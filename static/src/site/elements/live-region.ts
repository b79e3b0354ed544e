/**
 * `<live-region id="documents" every="3">`: fetches this page (or `src`) again every few seconds while the
 * region says `data-live`, and takes over the region of the same id. What `data-status` says in it is spoken when
 * it changes. The parser of XMLHttpRequest makes an inert
 * document, so no HTML string ever meets the page and Trusted Types stay strict. The event `refresh` has it
 * fetched now. Without script: reload.
 */
class LiveRegion extends HTMLElement {
  private timer = 0;
  private readonly status = document.createElement("p");
  private told = "";

  connectedCallback(): void {
    this.status.className = "sr-only";
    this.status.setAttribute("role", "status");
    this.after(this.status);
    this.told = this.told || this.state;
    this.addEventListener("refresh", () => this.load());
    this.plan();
  }

  private get state(): string {
    return this.querySelector<HTMLElement>("[data-status]")?.dataset.status ?? "";
  }

  disconnectedCallback(): void {
    clearTimeout(this.timer);
    this.status.remove();
  }

  private plan(): void {
    clearTimeout(this.timer);
    if (!this.querySelector("[data-live]")) return;
    this.timer = window.setTimeout(() => this.load(), Number(this.getAttribute("every") ?? 3) * 1000);
  }

  private load(): void {
    if (document.hidden || this.contains(document.activeElement)) {
      this.plan();
      return;
    }
    const request = new XMLHttpRequest();
    request.open("GET", this.getAttribute("src") ?? location.href);
    request.responseType = "document";
    request.onload = () => {
      const fresh = request.status === 200 ? request.responseXML?.getElementById(this.id) : null;
      if (fresh) this.take(fresh);
      this.plan();
    };
    request.onerror = () => this.plan();
    request.send();
  }

  private take(fresh: HTMLElement): void {
    this.replaceChildren(...[...fresh.childNodes].map((node) => document.adoptNode(node)));
    if (this.state === this.told) return;
    this.told = this.state;
    this.status.textContent = this.told;
  }
}

customElements.define("live-region", LiveRegion);
