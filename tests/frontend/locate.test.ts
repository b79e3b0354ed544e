import { expect, test } from "vitest";
import { locate } from "../../static/src/chat/pdf/locate";

const text = (items: string[], quote: string) =>
  locate(items, quote)
    .map(({ item, start, end }) => items[item]?.slice(start, end))
    .join("|");

test("a quote is found across lines, hyphens and other white space", () => {
  const items = ["About light. The blue", "lamp hangs in the ar-", "chive room. Next."];
  expect(text(items, "The blue lamp hangs in the archive room.")).toBe(
    "The blue|lamp hangs in the ar|chive room",
  );
});

test("ligatures and full-width forms count as their letters", () => {
  expect(text(["The o\uFB03ce of \uFF21cme"], "office of Acme")).toBe("o\uFB03ce of \uFF21cme");
});

test("a quote that is not there whole is found by its beginning and end", () => {
  const items = ["Either parent may take up to", "(see note 4)", "twenty weeks of paid leave in a year"];
  expect(text(items, "Either parent may take up to twenty weeks of paid leave in a year")).toBe(
    "Either parent may take up to|see note 4|twenty weeks of paid leave in a year",
  );
});

test("what is not on the page is not marked", () => {
  expect(locate(["Nothing of the kind"], "The blue lamp")).toEqual([]);
  expect(locate(["Nothing"], "…")).toEqual([]);
});
