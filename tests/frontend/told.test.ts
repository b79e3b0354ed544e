import { expect, test } from "vitest";
import { Told } from "../../static/src/chat/state/told";

test("paragraphs are told once each, when they are finished, and the rest at the end", () => {
  const told = new Told();
  expect(told.next("## First", false)).toBe("");
  expect(told.next("## First\n\nSec", false)).toBe("First");
  expect(told.next("## First\n\nSecond", false)).toBe("");
  expect(told.last("## First\n\nSecond **bold**", "paragraphs")).toBe("Second bold");
});

test("the beginning is told once, or nothing", () => {
  const long = "word ".repeat(100);
  expect(new Told().last(long, "complete")).toHaveLength(200);
  expect(new Told().last(long, "off")).toBe("");
});

test("a text that was withdrawn begins anew", () => {
  const told = new Told();
  told.next("A long first paragraph\n\n", false);
  expect(told.next("Gone.\n\n", false)).toBe("Gone.");
});
