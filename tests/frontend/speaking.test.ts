import { describe, expect, it } from "vitest";
import { languageOf, spokenPieces } from "../../static/src/chat/lib/speaking";

describe("the language of a text", () => {
  it("is told by its letters, else the person's own", () => {
    expect(languageOf("يحق لكل موظف ثلاثون يوماً", "en-GB")).toBe("ar");
    expect(languageOf("東京は雨です", "en-GB")).toBe("ja");
    expect(languageOf("Отпуск", "en-GB")).toBe("ru");
    expect(languageOf("The area is πr², of all α and β", "en-GB")).toBe("en-GB");
    expect(languageOf("30 %", "en-GB")).toBe("en-GB");
  });
});

describe("the pieces that are said", () => {
  it("are whole sentences of at most 200 characters together, and lose no word", () => {
    const text = `${"A short sentence. ".repeat(30)}\n\nAnd ${"a very long one ".repeat(20)}ends.`;
    const pieces = spokenPieces(text, "en");
    expect(pieces.join(" ")).toBe(text.replace(/\s+/g, " ").trim());
    expect(pieces.slice(0, -1).every((piece) => piece.length <= 200 && piece.endsWith("."))).toBe(true);
  });

  it("are none of nothing", () => expect(spokenPieces(" \n ", "en")).toEqual([]));
});
