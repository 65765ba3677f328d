import { inspect } from "node:util";
import fc from "fast-check";
import { expect, test } from "vitest";
import { checkStrength, codeGenerator, newCode, parseCode } from "../../src/crypto/code.ts";
import { DH_PRIME } from "../../src/crypto/dh14.ts";
import { wordList } from "../../src/crypto/word_list.ts";
import { checkWordIndices, checkWords } from "../../src/crypto/words.ts";
import { hexDecode } from "../../src/wire/encoding.ts";
import { codeOf, codeOfPromise } from "../support/codes.ts";

test("a code is understood however it was typed", () => {
  for (const typed of ["7-harbor-velvet", " 7 Harbor Velvet\n", "7_HARBOR__velvet", "７－ｈａｒｂｏｒ　ｖｅｌｖｅｔ", "7 - harbor\u00a0velvet"]) {
    expect(parseCode(typed).text()).toBe("7-harbor-velvet");
  }
});

test("a parsed code parses to itself, and anything else is code_malformed", () => {
  const text = fc.string({ unit: fc.constantFrom(..."0127-_ aZé\tｱ\ufeffK"), maxLength: 12 });
  fc.assert(
    fc.property(text, (typed) => {
      const code = codeOf(() => parseCode(typed));
      expect(["ok", "code_malformed"]).toContain(code);
      if (code === "ok") expect(parseCode(parseCode(typed).text()).text()).toBe(parseCode(typed).text());
    }),
    { numRuns: 1000 },
  );
});

test("new codes have words of the list and differ", async () => {
  const list = new Set(await wordList());
  const codes = await Promise.all(Array.from({ length: 50 }, () => newCode("12", 3)));
  for (const code of codes) {
    expect(code.nameplate).toBe("12");
    expect(code.words.split("-").filter((word) => list.has(word))).toHaveLength(3);
    await checkStrength(code);
  }
  expect(new Set(codes.map((code) => code.words)).size).toBe(50);
});

test("a chosen code that is easily guessed is refused", async () => {
  for (const weak of ["7-harbor", "7-zoo-zoo", "7-aaaaabbbbb", "7-a-b-c-d-e"]) {
    expect(await codeOfPromise(checkStrength(parseCode(weak)))).toBe("code_malformed");
  }
  for (const strong of ["7-harbor-zoo", "7-abcdeabcde"]) await checkStrength(parseCode(strong));
});

test("a code does not show its words by accident", () => {
  const code = parseCode("7-harbor-velvet");
  expect(`${code} ${JSON.stringify(code)} ${inspect(code, { showHidden: true })}`).not.toMatch(/harbor|velvet/);
});

test("a generator belongs to words, nameplate and room, and lies in the subgroup", async () => {
  const room = hexDecode("00".repeat(16));
  const generators = [
    await codeGenerator(parseCode("7-harbor-velvet"), room),
    await codeGenerator(parseCode("8-harbor-velvet"), room),
    await codeGenerator(parseCode("7-harbor-velvet"), hexDecode("01".repeat(16))),
    await codeGenerator(parseCode("7-harbor"), room),
  ];
  expect(new Set(generators).size).toBe(4);
  for (const generator of generators) expect(generator > 1n && generator < DH_PRIME).toBe(true);
});

test("check words are the first 44 bits, eleven at a time", async () => {
  expect(checkWordIndices(hexDecode("ffe0040180200000"))).toEqual([2047, 1, 3, 2]);
  const list = await wordList();
  expect(await checkWords(hexDecode("ffffffffffffffff"))).toEqual(["zoo", "zoo", "zoo", "zoo"]);
  expect(await checkWords(hexDecode("00000000000fffff"))).toEqual(Array(4).fill(list[0]));
});
