import { copyText } from "../../shared/clipboard";

/** `<copy-button from="id">` or `text="…"` around a button: copies, and says so for 1.5 seconds. */
class CopyButton extends HTMLElement {
  connectedCallback(): void {
    this.addEventListener("click", () => void this.copy());
  }

  private async copy(): Promise<void> {
    const source = document.getElementById(this.getAttribute("from") ?? "");
    const text =
      this.getAttribute("text") ??
      (source instanceof HTMLInputElement ? source.value : source?.textContent) ??
      "";
    const label = this.querySelector("span") ?? this.querySelector("button");
    const before = label?.textContent ?? "";
    let said = "Copied";
    try {
      await copyText(text.trim());
    } catch {
      said = "Press Ctrl+C to copy";
      if (source) getSelection()?.selectAllChildren(source);
    }
    if (label) label.textContent = said;
    this.setAttribute("role", "status");
    setTimeout(() => {
      if (label) label.textContent = before;
    }, 1500);
  }
}

customElements.define("copy-button", CopyButton);
