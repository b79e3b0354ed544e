import type { Citation } from "../api/types";
import { unitOffsets } from "../lib/codepoints";

/** Private-use characters that mark where a citation chip stands in the Markdown source. */
export const OPEN = "\uE000";
export const CLOSE = "\uE001";

const MARKS = new RegExp(`${OPEN}\\d+${CLOSE}`, "g");
const FORGED = new RegExp(`[${OPEN}${CLOSE}]`, "g");
const OWN_MARKER = /[ \t]*(?:[[【]\^?\d{1,3}(?:\s*[,;]\s*\d{1,3})*[\]】])+$/;

interface Insertion {
  at: number;
  from: number;
  numbers: number[];
}

/**
 * The answer's Markdown with a mark after each cited range. Ranges are code points of `text`. A marker that the
 * model wrote at the end of a range, as "[1]", gives way to the mark; a mark never opens a new line or breaks a fence.
 */
export function withCitations(text: string, citations: readonly Citation[]): string {
  const clean = text.replace(FORGED, "\uFFFD");
  if (!citations.length) return clean;
  const offsets = unitOffsets(
    clean,
    citations.flatMap((citation) => [citation.start, citation.end]),
  );
  const insertions = new Map<number, Insertion>();
  for (const citation of citations) {
    const place = placeOf(clean, offsets.get(citation.start) ?? 0, offsets.get(citation.end) ?? clean.length);
    const known = insertions.get(place.at);
    if (!known) insertions.set(place.at, { ...place, numbers: [citation.number] });
    else if (!known.numbers.includes(citation.number)) known.numbers.push(citation.number);
  }
  return splice(clean, [...insertions.values()]);
}

/** Source without citation marks: for code, for copying. */
export function withoutMarks(source: string): string {
  return source.replace(MARKS, "");
}

function placeOf(text: string, start: number, end: number): { at: number; from: number } {
  let at = Math.max(start, 0) + text.slice(start, end).trimEnd().length;
  const trailing = /^[ \t]*(?:[[【]\^?\d{1,3}(?:\s*[,;]\s*\d{1,3})*[\]】])+/.exec(text.slice(at, at + 24));
  if (trailing && at > start) at += trailing[0].length;
  if (text[at - 1] === "|") at = text.slice(0, at - 1).trimEnd().length;
  const line = text.slice(text.lastIndexOf("\n", at - 1) + 1, at);
  if (/^\s*(?:```|~~~)/.test(line)) at = Math.max(0, text.lastIndexOf("\n", at - 1));
  const marker = OWN_MARKER.exec(text.slice(Math.max(0, at - 40), at));
  return { at, from: marker ? at - marker[0].length : at };
}

function splice(text: string, insertions: Insertion[]): string {
  let result = "";
  let copied = 0;
  for (const insertion of insertions.sort((a, b) => a.at - b.at)) {
    result += text.slice(copied, Math.max(copied, insertion.from));
    result += insertion.numbers.map((number) => `${OPEN}${number}${CLOSE}`).join("");
    copied = insertion.at;
  }
  return result + text.slice(copied);
}
