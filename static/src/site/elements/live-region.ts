/**
 * `<live-region id="documents" every="3">`: fetches this page (or `src`) again every few seconds while the
 * region says `data-live`, and takes over the region of the same id. The parser of XMLHttpRequest makes an inert
 * document, so no HTML string ever meets the page and Trusted Types stay strict. Without script: reload.
 */
class LiveRegion extends HTMLElement {
  private timer = 0;

  connectedCallback(): void {
    this.plan();
  }

  disconnectedCallback(): void {
    clearTimeout(this.timer);
  }

  private plan(): void {
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
      if (fresh) this.replaceChildren(...[...fresh.childNodes].map((node) => document.adoptNode(node)));
      this.plan();
    };
    request.onerror = () => this.plan();
    request.send();
  }
}

customElements.define("live-region", LiveRegion);
