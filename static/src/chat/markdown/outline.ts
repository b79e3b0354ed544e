import type { Token, Tokens } from "marked";

/**
 * The level of each heading on the page, null for other blocks: answers begin at h3 whatever the model began with,
 * and no level is skipped. Looks only backwards, so that a heading never changes while the text grows.
 */
export function headingLevels(tokens: readonly Token[]): (number | null)[] {
  const open: number[] = [];
  return tokens.map((token) => {
    if (token.type !== "heading") return null;
    const { depth } = token as Tokens.Heading;
    while (open.length && (open[open.length - 1] ?? 0) >= depth) open.pop();
    open.push(depth);
    return Math.min(6, 2 + open.length);
  });
}
