/** People of one name are told apart; the likely ones come first. */
import { expect, it } from "vitest";
import type { Person, Role } from "../../src/transfer/state.ts";
import { called, inOrder, tags } from "../../src/ui/names.ts";

const person = (name: string, id: string, role: Role = "receiver"): Person => ({ id, tag: id.slice(0, 4), name, role, account: null });

it("a tag stands only where a name is not unique", () => {
  const found = tags([person("Bob", "1a2b00"), person("Bob", "9c3d00"), person("Ada", "777700")]);
  expect(Object.fromEntries(found)).toEqual({ "1a2b00": "1a2b", "9c3d00": "9c3d", "777700": "" });
});

it("names that only look different in case or width are the same name", () => {
  const found = tags([person("Bob", "1a2b00"), person("ＢＯＢ ", "9c3d00")]);
  expect([...found.values()]).toEqual(["1a2b", "9c3d"]);
});

it("somebody with your own name gets a tag", () => {
  expect(tags([person("Bob", "1a2b00")], [person("Bob", "ffff00")]).get("1a2b00")).toBe("1a2b");
});

it("a sender sees receivers first, then others, each by name", () => {
  const list = [person("Zoë", "1", "sender"), person("Bob", "2"), person("ada", "3")];
  expect(inOrder(list, person("Me", "0", "sender")).map(({ name }) => name)).toEqual(["ada", "Bob", "Zoë"]);
});

it("a long or tricky name does not take over a sentence", () => {
  expect(called(person("x".repeat(200), "1"))).toHaveLength(40);
  expect(called(person("a\u202eb", "1"))).toBe("a[U+202E]b");
});
