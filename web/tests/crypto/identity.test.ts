import { inspect } from "node:util";
import { expect, test } from "vitest";
import { Bundle, Identity, newRoot, safetyNumber, safetyQr, splitSigned } from "../../src/crypto/identity.ts";
import { dhPublic, dhPublicBlinded, dhShared, dhSharedBlinded, newExponent } from "../../src/crypto/dh14.ts";
import { readLp, lp } from "../../src/crypto/kdf.ts";
import { ed25519Public, ed25519Sign, ed25519Verify, randomBytes } from "../../src/crypto/primitives.ts";
import { hexDecode, hexEncode, utf8 } from "../../src/wire/encoding.ts";
import { codeOf, codeOfPromise } from "../support/codes.ts";
import { describeBoth } from "../support/cryptographies.ts";
import { ada, bert } from "../support/people.ts";

describeBoth("an identity", () => {
  test("follows from its root alone", async () => {
    const again = await Identity.of(ada.root);
    expect(again.bundle.encoded).toEqual(ada.bundle.encoded);
    expect((await Identity.of(newRoot())).fingerprint).not.toEqual(ada.fingerprint);
  });

  test("shares a secret with another that both compute", async () => {
    const [one, other] = [await ada.pairwise(bert.bundle), await bert.pairwise(ada.bundle)];
    expect(one.reveal()).toEqual(other.reveal());
  });

  test("signs one body for one purpose", async () => {
    const body = utf8("the body");
    const signature = await ada.sign("opening", body);
    await ada.bundle.verify("opening", body, signature);
    expect(await codeOfPromise(ada.bundle.verify("closing", body, signature))).toBe("signature_invalid");
    expect(await codeOfPromise(ada.bundle.verify("opening", utf8("another"), signature))).toBe("signature_invalid");
    expect(await codeOfPromise(bert.bundle.verify("opening", body, signature))).toBe("signature_invalid");
  });
});

test("a signed text of another version, or with something behind it, is malformed", async () => {
  const signed = await ada.signed("access", utf8("x"));
  expect(await ada.bundle.readSigned("access", signed)).toEqual(utf8("x"));
  for (const bad of [new Uint8Array(0), Uint8Array.of(2, ...signed.subarray(1)), Uint8Array.of(...signed, 0), signed.slice(0, -1)]) {
    expect(codeOf(() => splitSigned(bad))).toBe("malformed");
  }
});

test("a bundle with a key no honest program makes is refused, part by part", async () => {
  const parts = readLp(ada.bundle.encoded, 4);
  const refused: readonly (readonly [number, Uint8Array])[] = [
    [0, new Uint8Array(32)], // y = 0: of order 4
    [0, new Uint8Array(32).fill(0xff)], // not canonical
    [1, new Uint8Array(32)], // gives zero
    [1, new Uint8Array(32).fill(0xff)],
    [2, new Uint8Array(1184).fill(0xff)],
    [3, new Uint8Array(256)],
  ];
  for (const [at, value] of refused) {
    const changed = parts.map((part, place) => (place === at ? value : part));
    expect(await codeOfPromise(Bundle.parse(lp(...changed))), `part ${at}`).toBe("invalid_peer_key");
  }
  expect(await codeOfPromise(Bundle.parse(ada.bundle.encoded.slice(1)))).toBe("malformed");
});

test("the cofactorless equation decides: a signature that only holds times eight is refused", async () => {
  // A key with a part of order 8: A = a·B + T. For R = r·B, S = r + k·a, eight times both sides is equal, once is not.
  const { ed25519 } = await import("@noble/curves/ed25519.js");
  const { Point } = ed25519;
  const torsion = Point.fromHex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a");
  const key = Uint8Array.from(Point.BASE.multiply(5n).add(torsion).toBytes());
  const { sha512 } = await import("@noble/hashes/sha2.js");
  const outcomes = new Set<string>();
  for (let at = 0; at < 24; at++) {
    const message = Uint8Array.of(at);
    const r = Uint8Array.from(Point.BASE.multiply(7n).toBytes());
    const digest = sha512.create().update(r).update(key).update(message).digest();
    const k = digest.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n) % Point.Fn.ORDER;
    const s = hexDecode(((7n + k * 5n) % Point.Fn.ORDER).toString(16).padStart(64, "0")).reverse();
    const holds = await ed25519Verify(key, message, Uint8Array.of(...r, ...s));
    expect(holds).toBe(k % 8n === 0n);
    expect(ed25519.verify(Uint8Array.of(...r, ...s), message, key)).toBe(true);
    outcomes.add(String(holds));
  }
  expect(outcomes).toContain("false");
});

test("S of the group order and more is refused", async () => {
  const seed = randomBytes(32);
  const [key, message] = [await ed25519Public(seed), utf8("m")];
  const signature = await ed25519Sign(seed, message);
  expect(await ed25519Verify(key, message, signature)).toBe(true);
  const order = 2n ** 252n + 27742317777372353535851937790883648493n;
  const s = BigInt(`0x${hexEncode(signature.slice(32).reverse())}`) + order;
  const stretched = Uint8Array.of(...signature.subarray(0, 32), ...hexDecode(s.toString(16).padStart(64, "0")).reverse());
  expect(await ed25519Verify(key, message, stretched)).toBe(false);
});

test("a blinded exponent gives what a plain one gives, whatever blinds it", () => {
  const [own, peer] = [newExponent(), dhPublic(newExponent())];
  for (const blind of [new Uint8Array(48), new Uint8Array(48).fill(255), randomBytes(48)]) {
    expect(dhSharedBlinded(own, peer, () => blind)).toEqual(dhShared(own, peer));
    expect(dhPublicBlinded(own, () => blind)).toEqual(dhPublic(own));
  }
  expect(codeOf(() => dhSharedBlinded(own, new Uint8Array(256)))).toBe("invalid_peer_key");
});

test("a safety number is the same for both, and another for others", async () => {
  const number = await safetyNumber(ada.fingerprint, bert.fingerprint);
  expect(number).toMatch(/^[0-9]{60}$/);
  expect(await safetyNumber(bert.fingerprint, ada.fingerprint)).toBe(number);
  expect(await safetyNumber(ada.fingerprint, ada.fingerprint)).not.toBe(number);
  expect(safetyQr(number)).toBe(`PEERSEAL ${number}`);
});

test("neither root nor identity shows itself", () => {
  const shown = [String(ada), JSON.stringify({ ada, root: ada.root }), inspect(ada.root, { showHidden: true }), inspect(ada, { depth: 9 })].join();
  const root = ada.root.reveal();
  for (const spelling of [hexEncode(root), root.join(), root.join(", ")]) expect(shown).not.toContain(spelling);
});
