import fc from "fast-check";
import { expect, test } from "vitest";
import { PeersealError } from "../../src/errors.ts";
import { parse, parseObject, stringify, type JsonValue } from "../../src/wire/strict_json.ts";
import { codeOf } from "../support/codes.ts";

const strings = fc.string({ unit: "binary" }).filter((text) => !/\p{Surrogate}/u.test(text));
const values: fc.Arbitrary<JsonValue> = fc.letrec<{ value: JsonValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", maxDepth: 6 },
    fc.constant(null),
    fc.boolean(),
    fc.maxSafeInteger().map((number) => (number === 0 ? 0 : number)),
    strings,
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(strings, tie("value"), { maxKeys: 4, noNullPrototype: false }),
  ),
})).value;

test("what is written is read back", () => {
  fc.assert(
    fc.property(values, (value) => {
      expect(stringify(parse(stringify(value)))).toEqual(stringify(value));
    }),
  );
});

test("whatever this reader takes, JSON.parse reads the same way", () => {
  const nearly = fc.oneof(fc.json({ maxDepth: 4 }), fc.string({ unit: fc.constantFrom(...'{}[]",:01-e.tfnul\\ ') }));
  fc.assert(
    fc.property(nearly, (text) => {
      let value: JsonValue;
      try {
        value = parse(text);
      } catch (error) {
        expect(error).toBeInstanceOf(PeersealError);
        return;
      }
      // Minus zero is zero here.
      expect(JSON.stringify(value)).toEqual(JSON.stringify(JSON.parse(text)));
    }),
    { numRuns: 1000 },
  );
});

test("a key named like the prototype is a key like any other", () => {
  const value = parseObject('{"__proto__":1,"constructor":2}');
  expect(Object.keys(value)).toEqual(["__proto__", "constructor"]);
  expect(Object.getPrototypeOf(value)).toBeNull();
});

test.each([
  ["a key twice", '{"a":1,"a":2}'],
  ["a key twice, once as an escape", '{"a":1,"\\u0061":2}'],
  ["a float", '{"a":1.0}'],
  ["an exponent", '{"a":1e3}'],
  ["beyond 2^53 - 1", '{"a":9007199254740992}'],
  ["a million digits", `{"a":${"9".repeat(60_000)}}`],
  ["a leading zero", '{"a":01}'],
  ["a lone surrogate", '{"a":"\\ud800"}'],
  ["not a number", '{"a":NaN}'],
  ["a comma too many", '{"a":1,}'],
  ["a control character", '{"a":"\n"}'],
  ["something behind it", "{} {}"],
  ["a list at the top", "[]"],
  ["nine levels", `${'{"a":'.repeat(9)}1${"}".repeat(9)}`],
  ["a byte order mark", "\ufeff{}"],
])("%s is malformed", (_, text) => {
  expect(codeOf(() => parseObject(text))).toBe("malformed");
});

test("what is too long is malformed, counted in bytes", () => {
  expect(parseObject('{"a":"é"}', 10)).toEqual(Object.assign(Object.create(null), { a: "é" }));
  expect(codeOf(() => parseObject('{"a":"é"}', 9))).toBe("malformed");
});

test("bytes that are not UTF-8 are malformed", () => {
  expect(codeOf(() => parseObject(Uint8Array.of(0x7b, 0xff, 0x7d)))).toBe("malformed");
});

test("what cannot be said is not written", () => {
  expect(codeOf(() => stringify(1.5))).toBe("malformed");
  expect(codeOf(() => stringify("\ud800"))).toBe("malformed");
});
