import { describe, expect, test } from "vitest";
import type { Citation } from "../../static/src/chat/api/types";
import { unitOffsets, unitsOf } from "../../static/src/chat/lib/codepoints";
import { findQuote, isGone, layOut, onOneLine } from "../../static/src/chat/lib/quote";
import { CLOSE, OPEN, withCitations, withoutMarks } from "../../static/src/chat/markdown/citations";
import { lex } from "../../static/src/chat/markdown/extensions";

const mark = (number: number) => `${OPEN}${number}${CLOSE}`;

function cite(text: string, claim: string, number = 1): Citation {
  const start = [...text.slice(0, text.indexOf(claim))].length;
  return {
    type: "citation",
    number,
    start,
    end: start + [...claim].length,
    chunk_id: "c",
    document_id: "d",
    document_title: "D",
    page: 1,
    heading: [],
    quote: "q",
    verified: true,
  };
}

test("a document is gone where a supported claim quotes nothing of it, not where nothing supports the claim", () => {
  const citation = cite("It is so.", "It is so.");
  expect(isGone(citation)).toBe(false);
  expect(isGone({ ...citation, quote: "" })).toBe(true);
  expect(isGone({ ...citation, quote: "", verified: false })).toBe(false);
});

describe("code points", () => {
  test("offsets count characters, not UTF-16 units", () => {
    const text = "a😀b👩‍💻c";
    expect(unitsOf(text, 2)).toBe(3);
    expect(unitsOf(text, 99)).toBe(text.length);
    expect([...unitOffsets(text, [3, 0, 2, 7])]).toEqual([
      [0, 0],
      [2, 3],
      [3, 4],
      [7, 10],
    ]);
  });
});

describe("citation marks", () => {
  test("stand after the cited range, past characters beyond the basic plane", () => {
    const text = "😀😀 Waves move. Then rest.";
    expect(withCitations(text, [cite(text, "Waves move.")])).toBe(`😀😀 Waves move.${mark(1)} Then rest.`);
  });

  test("take the place of the marker that the model wrote", () => {
    const inside = "Waves move [1]. Rest [2][3] end.";
    expect(withCitations(inside, [cite(inside, "Waves move [1]", 1)])).toBe(
      `Waves move${mark(1)}. Rest [2][3] end.`,
    );
    expect(withCitations(inside, [cite(inside, "Waves move", 1)])).toBe(
      `Waves move${mark(1)}. Rest [2][3] end.`,
    );
    expect(withCitations(inside, [cite(inside, "Rest [2][3]", 2), cite(inside, "Rest [2][3]", 3)])).toBe(
      `Waves move [1]. Rest${mark(2)}${mark(3)} end.`,
    );
    expect(withCitations(inside, [cite(inside, "[1]", 1)])).toBe(`Waves move${mark(1)}. Rest [2][3] end.`);
  });

  test("never open a new line, a table cell or a code fence", () => {
    const lines = "First line.\n\nSecond";
    expect(withCitations(lines, [cite(lines, "First line.\n\n")])).toBe(`First line.${mark(1)}\n\nSecond`);
    const table = "| a |\n|---|\n| 1 |\n\nx";
    expect(withCitations(table, [cite(table, "| 1 |")])).toContain(`| 1${mark(1)} |`);
    const fence = "Text\n```\ncode\n```\nafter";
    expect(lex(withCitations(fence, [cite(fence, "code\n```")])).map((token) => token.type)).toContain(
      "code",
    );
  });

  test("cannot be forged by the model", () => {
    expect(withCitations(`x ${mark(4)} y`, [])).toBe("x \uFFFD4\uFFFD y");
  });

  test("leave no trace in copies", () => {
    const text = "Waves move.";
    expect(withoutMarks(withCitations(text, [cite(text, text)]))).toBe(text);
  });
});

describe("a quote in its passage", () => {
  test("is found across line breaks and letter case", () => {
    expect(findQuote("x Tenants\n  move. y", "tenants move.")).toEqual({ start: 2, end: 17 });
    expect(findQuote("x", "missing (quote)")).toBeNull();
    expect(findQuote("x", " ")).toBeNull();
  });

  test("is lit in the passage, or across it and what stands around it", () => {
    const lit = (quote: string) =>
      layOut("One two. ", "Three four. ", "Five.", quote).map(([block]) => block?.text?.lit);
    expect(lit("three four.")).toEqual(["", "Three four.", ""]);
    expect(lit("two. Three four. Five")).toEqual(["two. ", "Three four. ", "Five"]);
    expect(lit("Five.")).toEqual(["", "", "Five."]);
    expect(layOut("a", "b", "c", "none")).toEqual(
      ["a", "b", "c"].map((rest) => [{ text: { plain: "", lit: "", rest } }]),
    );
  });

  test("shows a table as rows of cells, with what it quotes lit in them", () => {
    const text = "Prices:\n\n| Item | Price |\n|---|--:|\n| Pen | 3 |\n| A \\| B | 4 |\n\nEnd. a || b";
    const [, [before, table, after] = []] = layOut("", text, "", "| Pen | 3 |");
    expect(before?.text?.rest.trim()).toBe("Prices:");
    expect(table?.isHeaded).toBe(true);
    expect(
      table?.rows?.map((row) => row.map(({ plain, lit, rest }) => [plain, lit, rest].join("~"))),
    ).toEqual([
      ["~~Item", "~~Price"],
      ["~Pen~", "~3~"],
      ["~~A | B", "~~4"],
    ]);
    expect(after?.text?.rest.trim()).toBe("End. a || b");
  });

  test("that begins inside a row, or is one row, still reads as cells", () => {
    expect(onOneLine("| Pen | 3 |")).toBe("Pen · 3");
    expect(onOneLine("Price |\n|---|\nPen | 3 |\nSo it is.")).toContain("Pen · 3 So it is.");
    expect(onOneLine("Two\nlines.")).toBe("Two\nlines.");
  });
});
