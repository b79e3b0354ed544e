import { iconElement } from "../../shared/icon";

/**
 * `<row-list most="8" one="Choice" ordered>` around an `ol` of rows, a `template` of one more and the button that
 * adds it: rows come and go without a reload. The names, ids and references of a row's fields end in its number
 * and are written anew after each change. Without script the button sends the form, which comes back with a row more.
 */
class RowList extends HTMLElement {
  private list: HTMLOListElement | null = null;
  private adder: HTMLButtonElement | null = null;
  private readonly status = document.createElement("p");

  connectedCallback(): void {
    this.list = this.querySelector("ol");
    this.adder = this.querySelector<HTMLButtonElement>("button[name=add]");
    if (!this.list || !this.adder || this.contains(this.status)) return;
    this.status.className = "sr-only";
    this.status.setAttribute("role", "status");
    this.append(this.status);
    this.adder.addEventListener("click", (event) => {
      event.preventDefault();
      this.add();
    });
    this.addEventListener("change", (event) => {
      const row = (event.target as Element).closest<HTMLElement>("li[data-row]");
      if (row) tell(row);
    });
    for (const row of this.rows()) this.equip(row);
    this.number();
  }

  private rows(): HTMLElement[] {
    return [...(this.list?.children ?? [])] as HTMLElement[];
  }

  private get one(): string {
    return this.getAttribute("one") ?? "Row";
  }

  private add(): void {
    const made = this.querySelector("template")?.content.firstElementChild?.cloneNode(true);
    if (!(made instanceof HTMLElement)) return;
    this.list?.append(made);
    this.equip(made);
    this.changed(`${this.one} ${this.rows().length} added`);
    made.querySelector<HTMLElement>("select, input")?.focus();
  }

  private drop(row: HTMLElement): void {
    const at = this.rows().indexOf(row);
    row.remove();
    this.changed(`${this.one} ${at + 1} removed`);
    const next = this.rows()[at] ?? this.rows()[at - 1];
    (next?.querySelector<HTMLElement>("select, input, summary") ?? this.adder)?.focus();
  }

  private move(row: HTMLElement, by: -1 | 1, button: HTMLElement): void {
    const other = by < 0 ? row.previousElementSibling : row.nextElementSibling;
    if (!other) return;
    if (by < 0) other.before(row);
    else other.after(row);
    this.changed(`${this.one} is now number ${this.rows().indexOf(row) + 1}`);
    if ((button as HTMLButtonElement).disabled)
      row.querySelector<HTMLElement>(".row-tools button:enabled")?.focus();
    else button.focus();
  }

  private changed(text: string): void {
    this.number();
    this.status.textContent = text;
    const form = this.closest<HTMLElement>("form[data-warn]");
    if (form) form.dataset.changed = "1";
  }

  /** Buttons of a row: up and down where order counts, and Remove. */
  private equip(row: HTMLElement): void {
    const tools = document.createElement("div");
    tools.className = "row-tools";
    if (this.hasAttribute("ordered")) {
      const up = tool("arrow-up", "up", () => this.move(row, -1, up));
      const down = tool("arrow-down", "down", () => this.move(row, 1, down));
      tools.append(up, down);
    }
    tools.append(tool("close", "remove", () => this.drop(row)));
    row.append(tools);
    tell(row);
  }

  private number(): void {
    const rows = this.rows();
    rows.forEach((row, index) => {
      renumber(row, index + 1);
      const [said, last] = [`${this.one.toLowerCase()} ${index + 1}`, index === rows.length - 1];
      for (const button of row.querySelectorAll<HTMLButtonElement>(".row-tools button")) {
        const { does } = button.dataset;
        label(button, does === "remove" ? `Remove ${said}` : `Move ${said} ${does}`);
        button.disabled = (does === "up" && index === 0) || (does === "down" && last);
      }
    });
    if (this.adder) this.adder.hidden = rows.length >= Number(this.getAttribute("most") ?? Infinity);
  }
}

const NUMBERED = ["id", "name", "for", "aria-labelledby", "aria-describedby"];

function renumber(row: HTMLElement, number: number): void {
  row.dataset.row = String(number);
  for (const part of row.querySelectorAll("*")) {
    for (const name of NUMBERED) {
      const value = part.getAttribute(name);
      if (value) part.setAttribute(name, value.replace(/^([a-z_]*?_)\d+/, `$1${number}`));
    }
  }
  for (const part of row.querySelectorAll("[data-number]")) part.textContent = String(number);
}

/** What a folded row holds, in its summary: each filled field by its label and value. */
function tell(row: HTMLElement): void {
  const place = row.querySelector("[data-told]");
  if (place)
    place.textContent = [...row.querySelectorAll(".field, fieldset")].map(said).filter(Boolean).join(" · ");
}

function said(part: Element): string {
  const name =
    part
      .querySelector("label, legend")
      ?.textContent?.replace(/\(.*\)/, "")
      .trim() ?? "";
  const control = part.querySelector<HTMLInputElement | HTMLSelectElement>(
    "select, input:not([type=checkbox])",
  );
  if (control instanceof HTMLSelectElement)
    return control.value ? `${name}: ${control.selectedOptions[0]?.text}` : "";
  if (control) return control.value ? `${name} ${control.value}` : "";
  const ticked = [...part.querySelectorAll("input:checked")].map((box) =>
    box.nextElementSibling?.textContent?.trim(),
  );
  return ticked.length ? `${name}: ${ticked.join(", ")}` : "";
}

function tool(icon: string, does: string, run: () => void): HTMLButtonElement {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "btn btn-ghost btn-sm btn-icon";
  button.dataset.does = does;
  button.append(iconElement(icon));
  button.addEventListener("click", run);
  return button;
}

function label(button: HTMLButtonElement, text: string): void {
  button.setAttribute("aria-label", text);
  button.dataset.tip = text;
}

customElements.define("row-list", RowList);
