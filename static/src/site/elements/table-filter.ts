/** `<table-filter for="people">` around a search field: hides the rows that do not hold every typed word. */
class TableFilter extends HTMLElement {
  connectedCallback(): void {
    const input = this.querySelector("input");
    const table = document.getElementById(this.getAttribute("for") ?? "");
    if (!input || !table) return;
    const status = document.createElement("p");
    status.className = "sr-only";
    status.setAttribute("role", "status");
    this.append(status);
    input.addEventListener("input", () => {
      const words = input.value.toLocaleLowerCase().split(/\s+/).filter(Boolean);
      let shown = 0;
      for (const row of table.querySelectorAll<HTMLElement>("tbody tr")) {
        const text = (row.textContent ?? "").toLocaleLowerCase();
        row.hidden = !words.every((word) => text.includes(word));
        if (!row.hidden) shown += 1;
      }
      status.textContent = words.length ? `${shown} shown` : "";
    });
  }
}

customElements.define("table-filter", TableFilter);
