/** What lies on your side before it is sent. */
import { expect, it } from "vitest";
import type { OutgoingItem } from "../../src/transfer/state.ts";
import { merged, piles, without } from "../../src/ui/picking.ts";

const item = (path: string, bytes = 3, lastModified = 1): OutgoingItem => ({
  path,
  file: new File(["x".repeat(bytes)], path.split("/").at(-1) ?? path, { lastModified }),
});

it("the same file chosen twice lies there once", () => {
  expect(merged([item("a.txt")], [item("a.txt")])).toHaveLength(1);
});

it("another file of the same name is kept beside the first", () => {
  const all = merged([item("image.png", 3)], [item("image.png", 5), item("image.png", 7)]);
  expect(all.map(({ path }) => path)).toEqual(["image.png", "image (1).png", "image (2).png"]);
});

it("a number goes before the extension of the file, not into its folder", () => {
  expect(merged([item("v1.2/notes", 1)], [item("v1.2/notes", 2)]).map(({ path }) => path)).toEqual(["v1.2/notes", "v1.2/notes (1)"]);
});

it("a folder is one line with everything in it", () => {
  const lines = piles([item("Trip/a.jpg", 2), item("Trip/b/c.jpg", 4), { path: "Trip/empty", file: null }, item("x.txt", 1)]);
  expect(lines).toEqual([
    { name: "Trip", folder: true, count: 2, bytes: 6 },
    { name: "x.txt", folder: false, count: 1, bytes: 1 },
  ]);
});

it("taking a folder away leaves a file whose name only begins alike", () => {
  expect(without([item("Trip/a"), item("Trip.txt")], "Trip").map(({ path }) => path)).toEqual(["Trip.txt"]);
});
