import type { Me } from "../api/types";

const START = 200;

/** What a screen reader is told of an answer on screen: never token by token. */
export class Told {
  private at = 0;

  /** The paragraphs that were finished since the last call; of a finished answer also the rest. */
  next(text: string, isWhole: boolean): string {
    if (text.length < this.at) this.at = 0;
    const end = isWhole ? text.length : text.lastIndexOf("\n\n");
    if (end <= this.at) return "";
    const fresh = text.slice(this.at, end);
    this.at = end;
    return plain(fresh);
  }

  /** What is said at the end, as the person wants it. */
  last(text: string, way: Me["reads_answers"]): string {
    if (way === "off") return "";
    return way === "paragraphs" ? this.next(text, true) : plain(text).slice(0, START);
  }
}

/** The text of all parts. */
export function textOf(parts: readonly { type: string; text?: string }[]): string {
  return parts.map((part) => (part.type === "text" ? (part.text ?? "") : "")).join("");
}

function plain(text: string): string {
  return text
    .replace(/[#*_`>|]+/g, "")
    .replace(/\s+/g, " ")
    .trim();
}
