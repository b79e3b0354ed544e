/** The text without its first `count` code points. The server counts code points, JavaScript UTF-16 units. */
export function afterCodePoints(text: string, count: number): string {
  return count === 0 ? text : text.slice(unitsOf(text, count));
}

/** How many UTF-16 units the first `count` code points of the text take; the whole length when it is shorter. */
export function unitsOf(text: string, count: number): number {
  let units = 0;
  for (let left = count; left > 0 && units < text.length; left -= 1) {
    units += (text.codePointAt(units) ?? 0) > 0xffff ? 2 : 1;
  }
  return units;
}

/** UTF-16 offsets for many ascending or unordered code-point offsets, in one walk over the text. */
export function unitOffsets(text: string, offsets: readonly number[]): Map<number, number> {
  const found = new Map<number, number>();
  const wanted = [...new Set(offsets)].sort((a, b) => a - b);
  let units = 0;
  let points = 0;
  for (const offset of wanted) {
    while (points < offset && units < text.length) {
      units += (text.codePointAt(units) ?? 0) > 0xffff ? 2 : 1;
      points += 1;
    }
    found.set(offset, units);
  }
  return found;
}
