/** One line for a transfer. */
import { expect, test } from "vitest";
import { title } from "../../src/transfer/titles.ts";

const file = (path: string) => ({ path, kind: "file" }) as const;

test.each([
  [[file("photo.jpg")], 1, "photo.jpg"],
  [[file("a.txt"), file("b.txt")], 2, "a.txt and 1 more"],
  [[file("Holiday/a.jpg"), file("Holiday/b.jpg")], 300, "Holiday (300 files)"],
  [[file("Holiday/a.jpg")], 1, "Holiday (1 file)"],
  [[{ path: "empty", kind: "directory" } as const], 0, "empty, an empty folder"],
  [[file("Holiday/a.jpg"), file("Holiday/b.jpg"), file("a.txt"), file("b.txt")], 4, "Holiday and 2 more"],
  [[file("a.txt"), file("b.txt")], 300, "a.txt and 299 more"],
  [[file("a.txt"), file("Holiday/b.jpg")], 300, "a.txt and more (300 files)"],
  [[{ path: "", kind: "text" } as const], 1, "A message"],
  [[], 7, "7 files"],
])("%j of %i: %s", (entries, count, expected) => {
  expect(title(entries, count)).toBe(expected);
});
