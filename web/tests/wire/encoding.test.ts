import fc from "fast-check";
import { expect, test } from "vitest";
import { base64urlDecode, base64urlEncode, hexDecode, hexEncode, sameBytes } from "../../src/wire/encoding.ts";
import { codeOf } from "../support/codes.ts";

const bytes = fc.uint8Array({ maxLength: 100 }).map((array) => new Uint8Array(array));

test("bytes survive base64url and hex", () => {
  fc.assert(
    fc.property(bytes, (value) => {
      expect(base64urlDecode(base64urlEncode(value), value.length)).toEqual(value);
      expect(hexDecode(hexEncode(value))).toEqual(value);
    }),
  );
});

test("every byte string has one spelling", () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(..."AQgwZz_-+/= \n"), maxLength: 8 }), (text) => {
      if (codeOf(() => base64urlDecode(text)) === "ok") expect(base64urlEncode(base64urlDecode(text))).toBe(text);
    }),
  );
});

test.each(["AA==", "AB", "A", "A A", "AA\n", "+/+/", "é"])("%j is no base64url", (text) => {
  expect(codeOf(() => base64urlDecode(text))).toBe("malformed");
});

test("a wrong length is malformed", () => {
  expect(codeOf(() => base64urlDecode("AAAA", 2))).toBe("malformed");
});

test("bytes are compared by length and content", () => {
  expect(sameBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 2))).toBe(true);
  expect(sameBytes(Uint8Array.of(1, 2), Uint8Array.of(1))).toBe(false);
  expect(sameBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 3))).toBe(false);
});
