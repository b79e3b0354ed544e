/** The address of a link that may be opened, or null: only web, mail and telephone. */
export function safeHref(href: string): URL | null {
  try {
    const url = new URL(href.trim());
    return ["http:", "https:", "mailto:", "tel:"].includes(url.protocol) ? url : null;
  } catch {
    return null;
  }
}

/** What a reader should see before following a link. */
export function hostOf(url: URL): string {
  return url.host || url.href.replace(/^(mailto|tel):/, "");
}
