import { expect, test } from "vitest";
import { DH_BYTES, DH_PRIME, dhPublic, dhShared, newExponent, toNumber } from "../../src/crypto/dh14.ts";
import { hexDecode } from "../../src/wire/encoding.ts";
import { codeOf } from "../support/codes.ts";

const value = (number: bigint) => hexDecode(number.toString(16).padStart(2 * DH_BYTES, "0"));

test("two sides agree", () => {
  const [a, b] = [newExponent(), newExponent()];
  expect(dhShared(a, dhPublic(b))).toEqual(dhShared(b, dhPublic(a)));
});

test("they agree under another generator too", () => {
  const [a, b, generator] = [newExponent(), newExponent(), 9n];
  expect(dhShared(a, dhPublic(b, generator))).toEqual(dhShared(b, dhPublic(a, generator)));
  expect(dhPublic(a, generator)).not.toEqual(dhPublic(a));
});

test("an exponent has its top bit set and its lowest clear, whatever is drawn", () => {
  expect(newExponent(() => new Uint8Array(32))[0]).toBe(0x80);
  expect(newExponent(() => new Uint8Array(32).fill(255))[31]).toBe(0xfe);
});

test("the window gives what plain multiplication gives", () => {
  const exponent = newExponent();
  let expected = 1n;
  for (const bit of toNumber(exponent).toString(2)) {
    expected = (expected * expected * (bit === "1" ? 2n : 1n)) % DH_PRIME;
  }
  expect(dhPublic(exponent)).toEqual(value(expected));
});

test("a public value keeps its leading zeros", () => {
  expect(dhPublic(Uint8Array.of(3))).toEqual(value(8n));
});

test.each([
  ["0", 0n],
  ["1", 1n],
  ["p - 1", DH_PRIME - 1n],
  ["p", DH_PRIME],
  ["p + 4", DH_PRIME + 4n],
  ["p - 2, outside the subgroup", DH_PRIME - 2n],
  ["p - 4, outside the subgroup", DH_PRIME - 4n],
  ["2^2048 - 1", 2n ** 2048n - 1n],
])("%s is no peer's key", (_, number) => {
  expect(codeOf(() => dhShared(newExponent(), value(number)))).toBe("invalid_peer_key");
});

test("2 and 4 are in the subgroup", () => {
  for (const number of [2n, 4n]) expect(codeOf(() => dhShared(newExponent(), value(number)))).toBe("ok");
});

test("another length is malformed", () => {
  expect(codeOf(() => dhShared(newExponent(), new Uint8Array(255).fill(2)))).toBe("malformed");
  expect(codeOf(() => dhShared(newExponent(), new Uint8Array(257).fill(0)))).toBe("malformed");
});
