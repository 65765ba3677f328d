/** Passwords are judged roughly, and never flattered. */
import { expect, it } from "vitest";
import { strength } from "../../src/ui/account/strength.ts";

it.each([
  ["", "empty"],
  ["a1!B", "short"],
  ["🔑🔑🔑🔑🔑🔑🔑", "short"],
  ["password", "common"],
  ["Password123", "common"],
  ["aliceALICE2026", "common"],
  ["aaaaaaaaaaaaaaaa", "weak"],
  ["123456789012", "weak"],
  ["sunflower", "weak"],
  ["harbor velvet tiger moon", "fair"],
  ["Tr4mp-oline!x7Qd", "strong"],
])("%s is %s", (password, expected) => {
  expect(strength(password, "Alice")).toBe(expected);
});

it("a short name inside a password is chance, not a clue", () => {
  expect(strength("harbor velvet tiger moon", "o")).toBe("fair");
});

it("a longer password of the same kind is never called weaker", () => {
  const order = ["empty", "short", "common", "weak", "fair", "strong"];
  const judged = ["qz", "qzmvtbxw", "qzmvtbxwlkdhs", "qzmvtbxwlkdhsrnypcgj QZMVTBXW"].map((one) => order.indexOf(strength(one)));
  expect(judged).toEqual(judged.toSorted((a, b) => a - b));
});
