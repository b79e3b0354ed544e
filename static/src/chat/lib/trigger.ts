export interface Trigger {
  sign: "/" | "@" | "#";
  /** What was written after the sign, in small letters. */
  query: string;
  /** Where the sign stands, and where what was written after it ends. */
  from: number;
  to: number;
}

const ACTION = /(?:^|\n)(\/)([\p{L}]{0,30})$/u;
const NAMED = /(?:^|\s)([@#])([^\s@#]{0,40})$/;

/** The sign before the caret that asks for a list: `/` at the start of a line, `@` or `#` at the start of a word. */
export function triggerAt(text: string, caret: number): Trigger | null {
  const before = text.slice(0, caret);
  const found = ACTION.exec(before) ?? NAMED.exec(before);
  if (!found) return null;
  const [, sign, query] = found as unknown as [string, Trigger["sign"], string];
  return { sign, query: query.toLocaleLowerCase(), from: caret - query.length - 1, to: caret };
}
