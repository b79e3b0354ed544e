/** The rendered answer as HTML for the clipboard, without our buttons and classes. Read from the page, never put into it. */
export function richText(body: HTMLElement | undefined): string {
  if (!body) return "";
  const copy = body.cloneNode(true) as HTMLElement;
  for (const extra of copy.querySelectorAll("[data-nocopy], .sr-only, .katex-html, svg")) extra.remove();
  for (const chip of copy.querySelectorAll(".chip-cite")) chip.replaceWith(` [${chip.textContent}]`);
  for (const element of copy.querySelectorAll("*")) {
    for (const name of element.getAttributeNames()) {
      if (!["href", "start", "scope", "dir"].includes(name)) element.removeAttribute(name);
    }
  }
  return copy.innerHTML;
}
