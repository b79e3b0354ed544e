/**
 * Filters of a list (`form.toolbar[role=search]`): under 768 px all but the search field move into a sheet that a
 * button opens; wider nothing changes, since the sheet then takes part in no layout. Without script: as written.
 */
export function watchFilters(): void {
  const forms = document.querySelectorAll<HTMLFormElement>("form.toolbar[role=search]");
  for (const [number, form] of [...forms].entries()) fold(form, `filters-${number}`);
}

function fold(form: HTMLFormElement, id: string): void {
  const parts = [...form.children].filter((part) => !(part instanceof HTMLInputElement));
  const stays = parts[0]?.querySelector("input[type=search]") ? parts[0] : null;
  const moved = parts.filter((part) => part !== stays);
  if (moved.filter((part) => part.matches(".field")).length < 1) return;
  const sheet = document.createElement("div");
  sheet.id = id;
  sheet.className = "filters";
  sheet.popover = "auto";
  sheet.setAttribute("role", "dialog");
  sheet.setAttribute("aria-label", "Filters");
  sheet.append(...moved);
  const button = document.createElement("button");
  button.type = "button";
  button.className = "btn filters-button";
  button.popoverTargetElement = sheet;
  const used = countOf(sheet);
  button.textContent = used ? `Filters (${used})` : "Filters";
  form.append(button, sheet);
}

/** How many of the sheet's fields the address sets. */
function countOf(sheet: HTMLElement): number {
  const asked = new URLSearchParams(location.search);
  const names = [...sheet.querySelectorAll<HTMLSelectElement>("[name]")].map((field) => field.name);
  return new Set(names.filter((name) => asked.get(name))).size;
}
