import { isIP } from "node:net";
import fc from "fast-check";
import { expect, test } from "vitest";
import { addressBytes, addressText } from "../../src/wire/address.ts";

test("what is an address, Node says so too", () => {
  const part = fc.oneof(fc.stringMatching(/^[0-9a-fA-F]{0,5}$/), fc.ipV4(), fc.constantFrom("", "::", "0", "00", "256"));
  const made = fc.array(part, { maxLength: 9 }).chain((parts) => fc.constantFrom(parts.join(":"), parts.join("."), parts.join("::")));
  fc.assert(
    fc.property(fc.oneof(fc.ipV4(), fc.ipV6(), fc.string(), made), (text) => {
      expect(addressBytes(text) !== null).toBe(isIP(text) !== 0 && !text.includes("%") && text.length <= 45);
    }),
    { numRuns: 5000 },
  );
});

test("the plain form means the same address", () => {
  fc.assert(
    fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (text) => {
      const bytes = addressBytes(text) ?? [];
      expect(addressBytes(addressText(bytes))).toEqual(bytes);
    }),
  );
});

test.each([
  ["192.0.2.1", [192, 0, 2, 1]],
  ["2001:db8::1", [0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]],
  ["::ffff:192.0.2.1", [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1]],
])("%s is its bytes", (text, bytes) => {
  expect(addressBytes(text)).toEqual(bytes);
});
