/** A name that may not be whose it seems is pointed out before keys are exchanged. */
import { expect, test } from "vitest";
import { nameWarning } from "../../src/ui/contacts/lookalike.ts";

const contacts = [{ name: "alice" }, { name: "bob" }];

test("a name that looks like a contact's says whose", () => {
  expect(nameWarning("b\u043eb", contacts)).toContain("letters that only look like bob");
  expect(nameWarning("a1ice", contacts)).toContain("letters that only look like alice");
});

test("a name of two scripts says which", () => {
  expect(nameWarning("c\u0430rl", contacts)).toContain("mixes Latin and Cyrillic letters");
});

test.each(["bob", "Bob", "carl", "\u0430\u043d\u043d\u0430", "\u6797", ""])("nothing is said of %j", (name) => {
  expect(nameWarning(name, contacts)).toBe("");
});
