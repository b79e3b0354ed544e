/** Where a quote stands in a text, with any white space and letter case between them equal; null when it does not. */
export function findQuote(text: string, quote: string): { start: number; end: number } | null {
  const words = quote.trim().split(/\s+/).filter(Boolean);
  if (!words.length) return null;
  const pattern = words.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("\\s+");
  const found = new RegExp(pattern, "iu").exec(text);
  return found ? { start: found.index, end: found.index + found[0].length } : null;
}

export interface Marked {
  plain: string;
  lit: string;
  rest: string;
}

/**
 * A passage with what stands before and after it, each cut around the part of the quote that it holds: the quote is
 * looked for in the passage first, then in all three, since an answer may be given a passage with its neighbours.
 */
export function markQuote(before: string, text: string, after: string, quote: string): Marked[] {
  const inside = findQuote(text, quote);
  const whole = inside ? null : findQuote(before + text + after, quote);
  const start = inside ? before.length + inside.start : (whole?.start ?? 0);
  const end = inside ? before.length + inside.end : (whole?.end ?? 0);
  let at = 0;
  return [before, text, after].map((piece) => {
    const from = Math.min(Math.max(start - at, 0), piece.length);
    const to = Math.min(Math.max(end - at, from), piece.length);
    at += piece.length;
    return { plain: piece.slice(0, from), lit: piece.slice(from, to), rest: piece.slice(to) };
  });
}
