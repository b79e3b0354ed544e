import sprite from "virtual:icons";

export type IconName = keyof typeof sprite & string;

/** The path of an icon on a 24 by 24 grid; the one source is static/img/icons.svg. */
export function iconPath(name: string): string {
  return sprite[name] ?? "";
}

/** An icon as an element, for code outside Svelte. */
export function iconElement(name: string): SVGSVGElement {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", iconPath(name));
  svg.append(path);
  return svg;
}
