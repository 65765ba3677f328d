import { expect, test, vi } from "vitest";
import {
  aesGcm,
  cryptography,
  equalInConstantTime,
  hmacSha256,
  kemDecapsulate,
  kemEncapsulate,
  kemKeys,
  randomBytes,
  sha256,
  x25519Public,
  x25519Shared,
} from "../../src/crypto/primitives.ts";
import { hexDecode, hexEncode, utf8 } from "../../src/wire/encoding.ts";
import { codeOfPromise } from "../support/codes.ts";
import { describeBoth } from "../support/cryptographies.ts";

test("the page says which cryptography runs", () => {
  expect(cryptography()).toBe("webcrypto");
  vi.stubGlobal("crypto", {});
  expect(cryptography()).toBe("javascript");
  vi.unstubAllGlobals();
});

test("randomness does not repeat", () => {
  expect(new Set(Array.from({ length: 100 }, () => hexEncode(randomBytes(12)))).size).toBe(100);
});

test("comparing looks at every byte and at the length", () => {
  expect(equalInConstantTime(Uint8Array.of(1, 2, 3), Uint8Array.of(1, 2, 3))).toBe(true);
  for (const other of [[0, 2, 3], [1, 2, 4], [1, 2], [1, 2, 3, 0]]) {
    expect(equalInConstantTime(Uint8Array.of(1, 2, 3), Uint8Array.from(other))).toBe(false);
  }
});

describeBoth("primitives", () => {
  test("SHA-256 of abc is FIPS 180's", async () => {
    expect(hexEncode(await sha256(utf8("abc")))).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  });

  test("HMAC is RFC 4231's, and an empty key is a key", async () => {
    const jefe = await hmacSha256(utf8("Jefe"), utf8("what do ya want for nothing?"));
    expect(hexEncode(jefe)).toBe("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    const empty = await hmacSha256(new Uint8Array(0), new Uint8Array(0));
    expect(hexEncode(empty)).toBe("b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
  });

  test("AES-256-GCM is the one of the GCM specification, case 14", async () => {
    const aead = await aesGcm(new Uint8Array(32));
    const sealed = await aead.seal(new Uint8Array(12), new Uint8Array(0), new Uint8Array(16));
    expect(hexEncode(sealed)).toBe("cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919");
    expect(await aead.open(new Uint8Array(12), new Uint8Array(0), sealed)).toEqual(new Uint8Array(16));
  });

  test("whatever is changed does not authenticate", async () => {
    const aead = await aesGcm(randomBytes(32));
    const [nonce, associated] = [randomBytes(12), randomBytes(5)];
    const sealed = await aead.seal(nonce, associated, utf8("text"));
    const changed = sealed.slice();
    changed[0] = (changed[0] ?? 0) ^ 1;
    const wrong = [
      [randomBytes(12), associated, sealed],
      [nonce, randomBytes(5), sealed],
      [nonce, associated, changed],
      [nonce, associated, sealed.slice(1)],
      [nonce, associated, sealed.slice(0, 3)],
    ] as const;
    for (const [n, a, s] of wrong) {
      expect(await codeOfPromise(aead.open(n, a, s))).toBe("not_authentic");
    }
  });

  test("X25519 agrees", async () => {
    const [alice, bob] = [randomBytes(32), randomBytes(32)];
    const one = await x25519Shared(alice, await x25519Public(bob));
    expect(one).toEqual(await x25519Shared(bob, await x25519Public(alice)));
  });

  test("an X25519 value that is no canonical number, or gives zero, is refused", async () => {
    const p = "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f";
    for (const peer of [`${"00".repeat(32)}`, `01${"00".repeat(31)}`, p, `ee${p.slice(2)}`, `${"ff".repeat(32)}`, `09${"00".repeat(30)}80`]) {
      expect(await codeOfPromise(x25519Shared(randomBytes(32), hexDecode(peer)))).toBe("invalid_peer_key");
    }
    expect(await codeOfPromise(x25519Shared(randomBytes(32), new Uint8Array(31)))).toBe("malformed");
  });

  test("ML-KEM hands a secret over, and a changed ciphertext gives another", async () => {
    const keys = await kemKeys(randomBytes(64));
    const { ciphertext, secret } = await kemEncapsulate(keys.publicKey, randomBytes(32));
    expect(await kemDecapsulate(keys, ciphertext)).toEqual(secret);
    ciphertext[0] = (ciphertext[0] ?? 0) ^ 1;
    expect(await kemDecapsulate(keys, ciphertext)).not.toEqual(secret);
  });

  test("an ML-KEM key with a number of 3329 or more is refused, wherever it stands", async () => {
    const { publicKey } = await kemKeys(randomBytes(64));
    for (const at of [0, 1, 383, 767]) {
      const changed = publicKey.slice();
      const byte = Math.floor(at / 2) * 3 + (at % 2);
      // 3329 = 0xd01, in the low or the high half of three bytes
      if (at % 2 === 0) changed.set([0x01, ((changed[byte + 1] ?? 0) & 0xf0) | 0xd], byte);
      else changed.set([((changed[byte] ?? 0) & 0x0f) | 0x10, 0xd0], byte);
      expect(await codeOfPromise(kemEncapsulate(changed, randomBytes(32)))).toBe("invalid_peer_key");
    }
    expect(await codeOfPromise(kemEncapsulate(publicKey.slice(1), randomBytes(32)))).toBe("malformed");
  });
});

test("both cryptographies give the same bytes", async () => {
  const [key, nonce, text, secret] = [randomBytes(32), randomBytes(12), randomBytes(1000), randomBytes(32)];
  const run = async () => [
    await sha256(text),
    await hmacSha256(key, text),
    await (await aesGcm(key)).seal(nonce, text.slice(0, 7), text),
    await x25519Public(secret),
  ];
  const native = await run();
  vi.stubGlobal("crypto", {});
  const portable = await run();
  vi.unstubAllGlobals();
  expect(portable).toEqual(native);
});
