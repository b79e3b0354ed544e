import { expect, test } from "vitest";
import { decodeEntities } from "../../static/src/chat/markdown/entities";
import { safeHref } from "../../static/src/chat/markdown/links";
import { childrenOf, pathThrough } from "../../static/src/chat/state/tree";

const nodes = [
  { id: "q1", parent: null },
  { id: "a1", parent: "q1" },
  { id: "a2", parent: "q1" },
  { id: "q2", parent: "a1" },
  { id: "lost", parent: "gone" },
];

test("the branch on screen follows the choices, else the youngest", () => {
  const children = childrenOf(nodes.slice(0, 4));
  expect(pathThrough(children, new Map()).map((node) => node.id)).toEqual(["q1", "a2"]);
  expect(pathThrough(children, new Map([["q1", "a1"]])).map((node) => node.id)).toEqual(["q1", "a1", "q2"]);
});

test("a message without its parent hangs at the root", () => {
  expect(
    childrenOf(nodes)
      .get(null)
      ?.map((node) => node.id),
  ).toEqual(["q1", "lost"]);
});

test.each(["javascript:alert(1)", "data:text/html,x", "vbscript:x", "/relative", "java\nscript:alert(1)"])(
  "%s is no link",
  (href) => expect(safeHref(href)).toBeNull(),
);

test("character references become characters, unknown ones stay", () => {
  expect(decodeEntities("&lt;b&gt; &amp; &#128512; &#x1F600; &nope; &#0;")).toBe("<b> & 😀 😀 &nope; &#0;");
});
