import { expect, test } from "vitest";
import { triggerAt } from "../../static/src/chat/lib/trigger";

const at = (text: string) => triggerAt(text, text.length);

test("a sign at its place opens a list, with what follows it as the query", () => {
  expect(at("/")).toEqual({ sign: "/", query: "", from: 0, to: 1 });
  expect(at("Hello\n/Up")).toEqual({ sign: "/", query: "up", from: 6, to: 9 });
  expect(at("Ask @Gpt")).toEqual({ sign: "@", query: "gpt", from: 4, to: 8 });
  expect(at("#Hand")).toEqual({ sign: "#", query: "hand", from: 0, to: 5 });
});

test("addresses, paths, headings and fractions open none", () => {
  for (const text of ["ann@example.com", "see /etc", "/etc/", "C#", "1/2", "# Heading", "@ home", ""])
    expect(at(text)).toBeNull();
});

test("only what stands before the caret counts", () => {
  expect(triggerAt("#hr and more", 3)).toEqual({ sign: "#", query: "hr", from: 0, to: 3 });
  expect(triggerAt("x #hr", 1)).toBeNull();
});
