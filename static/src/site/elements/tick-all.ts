/** `<tick-all for="models">` before a table of rows with checkboxes: one box for all of them, and how many are ticked. */
class TickAll extends HTMLElement {
  connectedCallback(): void {
    const table = document.getElementById(this.getAttribute("for") ?? "");
    if (!table || this.querySelector("label")) return;
    const boxes = [...table.querySelectorAll<HTMLInputElement>('tbody input[type="checkbox"]')];
    const label = document.createElement("label");
    const all = document.createElement("input");
    const count = document.createElement("span");
    label.className = "row";
    all.type = "checkbox";
    all.className = "checkbox";
    count.className = "help";
    count.setAttribute("role", "status");
    label.append(all, "All on this page");
    this.prepend(label, count);
    const show = (): void => {
      const ticked = boxes.filter((box) => box.checked).length;
      all.checked = ticked > 0 && ticked === boxes.length;
      all.indeterminate = ticked > 0 && ticked < boxes.length;
      count.textContent = ticked ? `${ticked} ticked` : "";
    };
    all.addEventListener("change", () => {
      for (const box of boxes) box.checked = all.checked;
      show();
    });
    table.addEventListener("change", show);
    show();
  }
}

customElements.define("tick-all", TickAll);
