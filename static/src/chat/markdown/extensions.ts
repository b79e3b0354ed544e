import type { TokenizerAndRendererExtension, Tokens } from "marked";
import { Marked } from "marked";
import { CLOSE, OPEN } from "./citations";

export interface MathToken extends Tokens.Generic {
  type: "math";
  text: string;
  display: boolean;
}

export interface CiteToken extends Tokens.Generic {
  type: "cite";
  number: number;
}

const BLOCK_MATH = /^(?:\$\$\s*([\s\S]+?)\s*\$\$|\\\[\s*([\s\S]+?)\s*\\\])[ \t]*(?:\n|$)/;
const INLINE_MATH =
  /^(?:\\\(([\s\S]+?)\\\)|\\\[([\s\S]+?)\\\]|\$\$([^$]+?)\$\$|\$(?!\s)([^$\n]+?)(?<![\s\\])\$(?!\d))/;
const CITE = new RegExp(`^${OPEN}(\\d+)${CLOSE}`);

const blockMath: TokenizerAndRendererExtension = {
  name: "math",
  level: "block",
  start: (source) => source.match(/(?:^|\n)(?:\$\$|\\\[)/)?.index,
  tokenizer(source) {
    const found = BLOCK_MATH.exec(source);
    if (!found) return undefined;
    return { type: "math", raw: found[0], text: found[1] ?? found[2] ?? "", display: true };
  },
};

const inlineMath: TokenizerAndRendererExtension = {
  name: "inlineMath",
  level: "inline",
  start: (source) => source.match(/\\[([]|\$/)?.index,
  tokenizer(source) {
    const found = INLINE_MATH.exec(source);
    if (!found) return undefined;
    const text = found[1] ?? found[2] ?? found[3] ?? found[4] ?? "";
    return { type: "math", raw: found[0], text, display: Boolean(found[2] ?? found[3]) };
  },
};

const cite: TokenizerAndRendererExtension = {
  name: "cite",
  level: "inline",
  start: (source) => {
    const at = source.indexOf(OPEN);
    return at < 0 ? undefined : at;
  },
  tokenizer(source) {
    const found = CITE.exec(source);
    return found ? { type: "cite", raw: found[0], number: Number(found[1]) } : undefined;
  },
};

const marked = new Marked({ gfm: true, breaks: false, extensions: [blockMath, inlineMath, cite] });

/** Tokens of GitHub-flavoured Markdown with mathematics and citation marks. No HTML is ever made from them. */
export function lex(source: string) {
  return marked.lexer(source);
}
