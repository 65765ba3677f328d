import { posix } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { checkPath, readPath } from "../../src/protocol/paths.ts";
import { utf8 } from "../../src/wire/encoding.ts";
import { codeOf } from "../support/codes.ts";

test.each(["a", "a/b", "文件/café", "a b", ".bashrc", "CON", "ab:c", "x/C:", "...", ".. ", "%2e%2e%2e", "cafe\u0301", "🙂", "~".padStart(2, "a")])(
  "%j is a legal path",
  (path) => {
    expect(checkPath(path)).toEqual(path.split("/"));
    expect(readPath(utf8(path))).toBe(path);
  },
);

test.each([
  "", "/a", "a/", "a//b", ".", "..", "a/../b", "a/./b", "%2e%2E", ".%2e/x", "%2E", "~", "~/x", "~root", "a\\b", "C:", "c:/x",
  "a\u0000", "a\nb", "\u001b[2J", "\u007f", "\u009b", "\u2028", "\u2029", "\ud800", "a".repeat(256), "é".repeat(128),
  Array(65).fill("a").join("/"), Array(17).fill("a".repeat(250)).join("/"),
])("%j is an unsafe name", (path) => {
  expect(codeOf(() => checkPath(path))).toBe("unsafe_name");
});

test("the longest paths are legal", () => {
  checkPath("a".repeat(255));
  checkPath(Array(64).fill("a").join("/"));
});

test("bytes that are not UTF-8 are an unsafe name", () => {
  expect(codeOf(() => readPath(Uint8Array.of(0xed, 0xa0, 0x80)))).toBe("unsafe_name");
});

test("no legal path leads anywhere but down", () => {
  const pieces = fc.constantFrom("a", ".", "..", "/", "%2e", "~", "\\", "C:", " ", "\u0000");
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 6 }), (parts) => {
      const path = parts.join("");
      if (codeOf(() => checkPath(path)) !== "ok") return;
      const decoded = decodeURIComponent(path.replace(/%(?!2e)/gi, "%25"));
      for (const component of decoded.split("/")) expect(["", ".", ".."]).not.toContain(component);
      expect(posix.resolve("/base/folder", decoded).startsWith("/base/folder/")).toBe(true);
    }),
    { numRuns: 1000 },
  );
});

test("an error does not repeat the name", () => {
  try {
    checkPath("secret\u001b[2J");
  } catch (error) {
    expect(String(error)).not.toContain("secret");
    return;
  }
  throw new Error("it was taken");
});
