import type { Token } from "marked";
import { describe, expect, test } from "vitest";
import { lex } from "../../static/src/chat/markdown/extensions";
import { TailLexer } from "../../static/src/chat/markdown/tail";
import { RICH } from "../../static/src/dev/content";

const shape = (token: Token): unknown => ({
  type: token.type,
  raw: token.raw,
  children: ("tokens" in token ? (token.tokens ?? []) : []).map(shape),
  items: "items" in token ? (token.items as Token[]).map(shape) : [],
});

const TRICKY = [
  RICH,
  "- a\n\n- b\n\n\n- c\n\ntext\n===\n\nmore",
  "1. one\n2. two\n\n   nested\n3. three\n\nend of it all",
  "Para one\ncontinues\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\nafter the table",
  "```js\nlet a = 1;\n\n\nlet b = 2;\n```\n\nText `code` **bold\nmore** _x_",
  "> quote\n> more\n\nlazy\n\n***\n\n# Title\n\\[ x^2 \\]\n\nand $$y$$ and 5 $ or 6 $.",
  "<div>\n\n<script>x</script>\n\n</div>\n\nhi",
];

describe("the tail lexer", () => {
  test.each(TRICKY)("gives the blocks of the whole text, whatever the pieces (%#)", (text) => {
    for (const step of [1, 3, 7, 50]) {
      const lexer = new TailLexer();
      for (let end = step; end < text.length; end += step) lexer.update(text.slice(0, end));
      const blocks = lexer.finish(text);
      expect(blocks.map((block) => shape(block.token))).toEqual(lex(text).map(shape));
    }
  });

  test("finished blocks keep their objects while the tail grows", () => {
    const lexer = new TailLexer();
    const first = lexer.update("One paragraph.\n\nA second one that is long enough.\n\nThird");
    const later = lexer.update(
      "One paragraph.\n\nA second one that is long enough.\n\nThird and more and more",
    );
    expect(later[0]).toBe(first[0]);
    expect(later[2]).toBe(first[2]);
    expect(later.at(-1)).not.toBe(first.at(-1));
  });

  test("a list is not closed while the next line may still continue it", () => {
    const lexer = new TailLexer();
    lexer.update("- a\n\n-");
    const blocks = lexer.update("- a\n\n- b\n");
    expect(blocks.filter((block) => block.token.type === "list")).toHaveLength(1);
  });

  test("only the open tail is lexed again: ten thousand tokens stay cheap", () => {
    const text = Array.from({ length: 100 }, () => RICH).join("\n\n");
    const lexer = new TailLexer();
    const started = performance.now();
    for (let end = 50; end < text.length; end += 50) lexer.update(text.slice(0, end));
    lexer.finish(text);
    expect(performance.now() - started).toBeLessThan(10_000);
  });

  test("a text that does not continue the last one starts again", () => {
    const lexer = new TailLexer();
    lexer.update("Something long enough to be committed.\n\nAnd a second block.");
    const blocks = lexer.update("Other");
    expect(blocks).toHaveLength(1);
    expect(blocks[0]?.token.raw).toBe("Other");
  });
});

describe("mathematics", () => {
  const types = (source: string) => {
    const found: string[] = [];
    const walk = (tokens: Token[]) => {
      for (const token of tokens) {
        found.push(token.type);
        if ("tokens" in token && token.tokens) walk(token.tokens);
      }
    };
    walk(lex(source));
    return found;
  };

  test.each(["$x^2$", "\\(x\\)", "a $$y$$ b", "$$\nx\n$$", "\\[ x \\]"])("%s is a formula", (source) => {
    expect(types(source)).toContain("math");
  });

  test.each(["It costs $5 and $10.", "$5-$10", "a $ b $ c", "`$x$`", "```\n$x$\n```"])(
    "%s is not",
    (source) => {
      expect(types(source)).not.toContain("math");
    },
  );
});
