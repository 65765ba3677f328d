/** Names that look alike, and names that mix scripts. */
import { expect, test } from "vitest";
import { looksLike, mixedScripts, resembled, skeleton } from "../../src/protocol/lookalike.ts";

test.each([
  ["\u0430lice", "alice"],
  ["b\u043eb", "bob"],
  ["\u0440\u0430\u0443\u0440\u0430\u04cf", "paypal"],
  ["\u03b1nn\u03b1", "anna"],
  ["\u0410LICE", "alice"],
  ["zo\u0451", "zo\u00eb"],
  ["\u03cc\u03c1a", "\u00f3pa"],
  ["\u0130da", "ida"],
  ["o\u02bcneil", "o'neil"],
  ["b0b", "bob"],
  ["a1ice", "alice"],
])("%s looks like %s, both ways", (one, other) => {
  expect(looksLike(one, other)).toBe(true);
  expect(looksLike(other, one)).toBe(true);
});

test.each([
  ["bob", "bob"], ["Bob", "bob"], ["\uff42ob", "bob"], ["bob", "rob"], ["zoe", "zo\u00eb"], ["", "a"],
  ["\u0430\u043d\u043d\u0430", "anna"], ["\u6797", "\u6728"], ["bob", "bob."],
])("%s does not look like %s, or is the same", (one, other) => {
  expect(looksLike(one, other)).toBe(false);
});

test.each([
  ["\u0430lice", ["Latin", "Cyrillic"]],
  ["\u03b1nna", ["Latin", "Greek"]],
  ["\u03b1\u0431", ["Greek", "Cyrillic"]],
  ["x\u03b1\u0431", ["Latin", "Greek", "Cyrillic"]],
  ["\u0430\u043d\u043d\u0430 2", []],
  ["zo\u00eb", []],
  ["alice \u6797", []],
  ["42", []],
] as const)("%s mixes %j", (name, scripts) => {
  expect(mixedScripts(name)).toEqual(scripts);
});

test("the known name that is resembled is found", () => {
  expect(resembled("b\u043eb", ["alice", "bob"])).toBe("bob");
  expect(resembled("bob", ["alice", "bob"])).toBeUndefined();
  expect(skeleton("b\u043eb")).toBe("bob");
});
