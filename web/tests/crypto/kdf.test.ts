import { expect, test } from "vitest";
import { EMPTY, Prk, kdf, lp, u64, u8 } from "../../src/crypto/kdf.ts";
import { hexEncode } from "../../src/wire/encoding.ts";
import { describeBoth } from "../support/cryptographies.ts";

test("parts are joined behind their lengths, so no two lists share a joining", () => {
  expect(hexEncode(lp(Uint8Array.of(1, 2), EMPTY, Uint8Array.of(3)))).toBe("00000002010200000000" + "0000000103");
  expect(lp(Uint8Array.of(1), Uint8Array.of(2))).not.toEqual(lp(Uint8Array.of(1, 2)));
});

test("numbers are big-endian up to 2^53 - 1", () => {
  expect(hexEncode(u64(Number.MAX_SAFE_INTEGER))).toBe("001fffffffffffff");
  expect(hexEncode(u64(2 ** 32 + 5))).toBe("0000000100000005");
  expect(hexEncode(u8(7))).toBe("07");
});

describeBoth("key derivation", () => {
  test("one extract and many expands give what single derivations give", async () => {
    const prk = await Prk.extract(Uint8Array.of(1), Uint8Array.of(2));
    expect(await prk.expand("words", EMPTY, 8)).toEqual(await kdf(Uint8Array.of(1), Uint8Array.of(2), "words", EMPTY, 8));
  });

  test("a longer key begins with the shorter one", async () => {
    const long = await kdf(EMPTY, EMPTY, "code-generator", EMPTY, 272);
    expect(long.length).toBe(272);
    expect(long.slice(0, 33)).toEqual(await kdf(EMPTY, EMPTY, "code-generator", EMPTY, 33));
  });

  test("label, context, salt and key all matter", async () => {
    const one = Uint8Array.of(1);
    const keys = await Promise.all([
      kdf(one, EMPTY, "content", EMPTY, 32),
      kdf(one, EMPTY, "manifest", EMPTY, 32),
      kdf(one, EMPTY, "content", one, 32),
      kdf(one, one, "content", EMPTY, 32),
      kdf(EMPTY, EMPTY, "content", EMPTY, 32),
    ]);
    expect(new Set(keys.map(hexEncode)).size).toBe(keys.length);
  });
});
