interface Placement {
  align: "start" | "end";
  side: "below" | "above";
}

const GAP = 6;
const EDGE = 8;

/** Puts a fixed box beside its anchor, on the other side where there is no room, always inside the window. */
export function placeBy(anchor: Element, box: HTMLElement, placement: Placement): void {
  const from = anchor.getBoundingClientRect();
  box.style.maxHeight = "";
  const size = box.getBoundingClientRect();
  const above = from.top - GAP - EDGE;
  const below = innerHeight - from.bottom - GAP - EDGE;
  const isAbove =
    placement.side === "above" ? size.height <= above || above > below : size.height > below && above > below;
  box.style.maxHeight = `${Math.max(120, isAbove ? above : below)}px`;
  const height = Math.min(size.height, isAbove ? above : below);
  const isRtl = getComputedStyle(anchor).direction === "rtl";
  const toLeft = (placement.align === "start") !== isRtl;
  const left = toLeft ? from.left : from.right - size.width;
  box.style.top = `${isAbove ? from.top - GAP - height : from.bottom + GAP}px`;
  box.style.left = `${Math.min(Math.max(EDGE, left), Math.max(EDGE, innerWidth - size.width - EDGE))}px`;
}
