import { readCookie } from "../../shared/cookie";
import { iconElement } from "../../shared/icon";
import { applyTheme, currentTheme, type Theme } from "../../shared/theme";

const CHOICES: [Theme, string, string][] = [
  ["system", "System", "monitor"],
  ["light", "Light", "sun"],
  ["dark", "Dark", "moon"],
];

/** `<theme-switch>`: three pressed buttons. With `save` the choice is also kept in the account. */
class ThemeSwitch extends HTMLElement {
  connectedCallback(): void {
    this.setAttribute("role", "group");
    if (!this.hasAttribute("aria-label")) this.setAttribute("aria-label", "Theme");
    this.replaceChildren(...CHOICES.map(([theme, label, icon]) => this.option(theme, label, icon)));
    this.paint();
  }

  private option(theme: Theme, label: string, icon: string): HTMLButtonElement {
    const button = document.createElement("button");
    button.type = "button";
    button.dataset.theme = theme;
    button.append(iconElement(icon), label);
    button.addEventListener("click", () => {
      applyTheme(theme);
      this.paint();
      if (this.hasAttribute("save")) void save(theme);
    });
    return button;
  }

  private paint(): void {
    const now = currentTheme();
    for (const button of this.querySelectorAll("button")) {
      button.setAttribute("aria-pressed", String(button.dataset.theme === now));
    }
  }
}

async function save(theme: Theme): Promise<void> {
  await fetch("/api/v1/me", {
    method: "PATCH",
    headers: { "Content-Type": "application/json", "X-CSRFToken": readCookie("csrftoken") },
    body: JSON.stringify({ theme }),
  });
}

customElements.define("theme-switch", ThemeSwitch);
