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

/** Lines of text, or rows of a table; its first row is a header where `isHeaded`. */
export interface Block {
  text?: Marked;
  rows?: Marked[][];
  isHeaded?: boolean;
}

/**
 * A passage with what stands before and after it, each in blocks to be shown, cut around the part of the quote that
 * they hold: the quote is looked for in the passage first, then in all three, since an answer may be given a passage
 * with its neighbours. Tables, which passages keep as Markdown, become rows of cells.
 */
export function layOut(before: string, text: string, after: string, quote: string): Block[][] {
  const inside = findQuote(text, quote);
  const whole = inside ? null : findQuote(before + text + after, quote);
  const lit = inside
    ? { start: before.length + inside.start, end: before.length + inside.end }
    : (whole ?? { start: 0, end: 0 });
  let at = 0;
  return [before, text, after].map((piece) => {
    const blocks = blocksOf(piece, (from, to) => marked(piece, from, to, lit.start - at, lit.end - at));
    at += piece.length;
    return blocks;
  });
}

/** Whether the reader may no longer open the document: of what supports a claim only then nothing is quoted. */
export function isGone(citation: { quote: string; verified: boolean }): boolean {
  return citation.verified && !citation.quote;
}

/** A quote on one line without the marks of a table. */
export function onOneLine(quote: string): string {
  const [blocks = []] = layOut(quote, "", "", "");
  return blocks
    .flatMap(
      ({ text, rows }) => rows?.map((row) => row.map((cell) => cell.rest).join(" · ")) ?? text?.rest ?? [],
    )
    .join(" ")
    .trim();
}

type Cut = (from: number, to: number) => Marked;

const UNDER_HEADER = /^[\s|:-]*-[\s|:-]*$/;

function marked(text: string, from: number, to: number, start: number, end: number): Marked {
  const first = Math.min(Math.max(start, from), to);
  const last = Math.min(Math.max(end, first), to);
  const said = (a: number, b: number) => text.slice(a, b).replaceAll("\\|", "|");
  return first === last
    ? { plain: "", lit: "", rest: said(from, to) }
    : { plain: said(from, first), lit: said(first, last), rest: said(last, to) };
}

function blocksOf(text: string, cut: Cut): Block[] {
  const blocks: Block[] = [];
  let at = 0;
  let textFrom = -1;
  const flush = () => {
    if (textFrom >= 0 && text.slice(textFrom, at).trim()) blocks.push({ text: cut(textFrom, at) });
    textFrom = -1;
  };
  for (const line of text.split(/(?<=\n)/)) {
    if (isRow(line)) {
      const isNew = textFrom >= 0 || !blocks.at(-1)?.rows;
      flush();
      if (isNew) blocks.push({ rows: [] });
      const table = blocks.at(-1);
      if (!table?.rows) continue;
      if (!UNDER_HEADER.test(line)) table.rows.push(cellsOf(line, at, cut));
      else if (table.rows.length === 1) table.isHeaded = true;
    } else if (textFrom < 0) textFrom = at;
    at += line.length;
  }
  flush();
  return blocks.filter(({ text: words, rows }) => words || rows?.length);
}

/** A row of a table; a quote may begin inside of one. */
function isRow(line: string): boolean {
  const words = line.trim();
  return words.endsWith("|") && !words.endsWith("\\|") && (words.startsWith("|") || words.includes(" | "));
}

function cellsOf(line: string, at: number, cut: Cut): Marked[] {
  const cells: Marked[] = [];
  const words = line.trimEnd();
  let from = words.startsWith("|") ? 1 : 0;
  for (const { index } of words.matchAll(/(?<!\\)\|/g)) {
    if (index < from) continue;
    const cell = words.slice(from, index);
    const lead = cell.length - cell.trimStart().length;
    cells.push(cut(at + from + lead, at + Math.max(from + lead, from + cell.trimEnd().length)));
    from = index + 1;
  }
  return cells;
}
