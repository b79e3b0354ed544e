import { iconElement } from "../../shared/icon";

/** `<reveal-password>` around a password field: a button shows what was typed. */
class RevealPassword extends HTMLElement {
  connectedCallback(): void {
    const input = this.querySelector("input");
    if (!input || this.querySelector("button")) return;
    const button = document.createElement("button");
    button.type = "button";
    const paint = () => {
      const shown = input.type === "text";
      button.replaceChildren(iconElement(shown ? "eye-off" : "eye"));
      button.setAttribute("aria-label", shown ? "Hide password" : "Show password");
    };
    button.addEventListener("click", () => {
      input.type = input.type === "text" ? "password" : "text";
      paint();
    });
    input.form?.addEventListener("submit", () => {
      input.type = "password";
    });
    paint();
    this.append(button);
  }
}

customElements.define("reveal-password", RevealPassword);
