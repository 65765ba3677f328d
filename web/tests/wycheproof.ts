/**
 * Project Wycheproof's cases through our own wrappers: what must come of each, and how many come to which end.
 *
 * Our rules are stricter in places (protocol.md §2.2, §9.1): there "acceptable" means refused. Cases of sizes that are
 * not offered run too: they have to be refused. Twin of tests/crypto/test_wycheproof.py.
 */
import { Prk } from "../src/crypto/kdf.ts";
import {
  aesGcm, ed25519Verify, kemDecapsulate, kemEncapsulate, kemKeys, x25519Shared, KEM_PUBLIC_BYTES, KEM_SEED_BYTES,
} from "../src/crypto/primitives.ts";
import { PeersealError } from "../src/errors.ts";
import { hexDecode, hexEncode, type Bytes } from "../src/wire/encoding.ts";
import { SIGNATURE_BYTES } from "../src/wire/limits.ts";

/** A case as its file has it, with what its group says of all; every value but these four kinds is left unread. */
export interface Case {
  readonly tcId: number;
  readonly result: "valid" | "invalid" | "acceptable";
  readonly flags: readonly string[];
  readonly [name: string]: unknown;
}

export interface CaseFile {
  readonly numberOfTests: number;
  readonly testGroups: readonly { readonly tests: readonly Case[] }[];
}

/** What came of one file: how many cases ended how, and those that ended otherwise than they must. */
export interface Outcome {
  readonly ends: Readonly<Record<string, number>>;
  readonly failures: readonly string[];
}

const SAME = "the same result";
/** Only a mistake in the program could ask for such a size. */
const NO_SUCH_SIZE = "usage";

interface Algorithm {
  /** Runs a case: false if it gives another result, an error if it is refused. */
  readonly run: (one: Case) => Promise<boolean>;
  readonly expected: (one: Case) => string;
  /** How many cases of the file come to which end. */
  readonly ends: Readonly<Record<string, number>>;
}

export const ALGORITHMS: Readonly<Record<string, Algorithm>> = {
  aes_gcm: {
    async run(one) {
      const aead = await aesGcm(bytes(one, "key"));
      const [nonce, bound, plaintext] = [bytes(one, "iv"), bytes(one, "aad"), bytes(one, "msg")];
      const sealed = hexDecode(text(one, "ct") + text(one, "tag"));
      const opened = await aead.open(nonce, bound, sealed);
      return same(opened, plaintext) && same(await aead.seal(nonce, bound, plaintext), sealed);
    },
    expected(one) {
      if (one["keySize"] !== 256) return NO_SUCH_SIZE;
      if (one["ivSize"] !== 96) return "malformed";
      return one.result === "valid" ? SAME : "not_authentic";
    },
    ends: { [SAME]: 39, not_authentic: 27, malformed: 39, [NO_SUCH_SIZE]: 211 },
  },
  ed25519: {
    async run(one) {
      const { pk } = one["publicKey"] as { readonly pk: string };
      if (await ed25519Verify(hexDecode(pk), bytes(one, "msg"), bytes(one, "sig"))) return true;
      throw new PeersealError("", { code: "signature_invalid" });
    },
    expected(one) {
      if (text(one, "sig").length !== 2 * SIGNATURE_BYTES) return "malformed";
      if (one.flags.includes("SmallOrderPublicKey")) return "invalid_peer_key";
      // What is only "acceptable" is a key of mixed order, whose signatures here hold without the cofactor too.
      return one.result === "invalid" ? "signature_invalid" : SAME;
    },
    ends: { [SAME]: 138, signature_invalid: 52, malformed: 12, invalid_peer_key: 8 },
  },
  hkdf_sha256: {
    async run(one) {
      const key = await Prk.extract(bytes(one, "ikm"), bytes(one, "salt"));
      return same(await key.hkdfExpand(bytes(one, "info"), Number(one["size"])), bytes(one, "okm"));
    },
    expected: (one) => (one.result === "valid" ? SAME : NO_SUCH_SIZE),
    ends: { [SAME]: 83, [NO_SUCH_SIZE]: 3 },
  },
  mlkem_768: {
    async run(one) {
      const keys = await kemKeys(bytes(one, "seed"));
      if ("ek" in one && !same(keys.publicKey, bytes(one, "ek"))) return false;
      return same(await kemDecapsulate(keys, bytes(one, "c")), bytes(one, "K"));
    },
    expected(one) {
      if (text(one, "seed").length !== 2 * KEM_SEED_BYTES) return NO_SUCH_SIZE;
      return one.result === "valid" ? SAME : "malformed";
    },
    ends: { [SAME]: 161, malformed: 20, [NO_SUCH_SIZE]: 20 },
  },
  mlkem_768_encaps: {
    async run(one) {
      const { ciphertext, secret } = await kemEncapsulate(bytes(one, "ek"), bytes(one, "m"));
      return same(ciphertext, bytes(one, "c")) && same(secret, bytes(one, "K"));
    },
    expected(one) {
      if (one.result === "valid") return SAME;
      return text(one, "ek").length !== 2 * KEM_PUBLIC_BYTES ? "malformed" : "invalid_peer_key";
    },
    ends: { [SAME]: 133, invalid_peer_key: 112, malformed: 20 },
  },
  mlkem_768_keygen_seed: {
    async run(one) {
      const { publicKey, secretKey } = await kemKeys(bytes(one, "seed"));
      return same(publicKey, bytes(one, "ek")) && same(secretKey, bytes(one, "dk"));
    },
    expected: () => SAME,
    ends: { [SAME]: 100 },
  },
  x25519: {
    async run(one) {
      return same(await x25519Shared(bytes(one, "private"), bytes(one, "public")), bytes(one, "shared"));
    },
    expected: ({ flags }) =>
      flags.includes("NonCanonicalPublic") || flags.includes("ZeroSharedSecret") ? "invalid_peer_key" : SAME,
    ends: { [SAME]: 474, invalid_peer_key: 44 },
  },
};

/** Runs every case of the file `<name>_test.json`. */
export async function runWycheproof(name: string, { testGroups, numberOfTests }: CaseFile): Promise<Outcome> {
  const algorithm = ALGORITHMS[name];
  if (algorithm === undefined) throw new Error(`nothing here runs ${name}`);
  const ends: Record<string, number> = {};
  const failures: string[] = [];
  for (const { tests, ...group } of testGroups) {
    for (const test of tests) {
      const one: Case = { ...group, ...test };
      const [end, expected] = [await endOf(algorithm, one), algorithm.expected(one)];
      ends[end] = (ends[end] ?? 0) + 1;
      if (end !== expected) failures.push(`${one.tcId.toString()}: ${end} instead of ${expected}`);
    }
  }
  const ran = Object.values(ends).reduce((sum, count) => sum + count, 0);
  if (ran !== numberOfTests) failures.push(`${ran.toString()} of ${numberOfTests.toString()} cases ran`);
  for (const end of new Set([...Object.keys(ends), ...Object.keys(algorithm.ends)])) {
    if (ends[end] !== algorithm.ends[end]) failures.push(`${String(ends[end])} × ${end} instead of ${String(algorithm.ends[end])}`);
  }
  return { ends, failures };
}

async function endOf({ run }: Algorithm, one: Case): Promise<string> {
  try {
    return (await run(one)) ? SAME : "another result";
  } catch (error) {
    return error instanceof PeersealError ? error.code : `not typed: ${String(error)}`;
  }
}

function bytes(one: Case, name: string): Bytes {
  return hexDecode(text(one, name));
}

function text(one: Case, name: string): string {
  const value = one[name];
  if (typeof value !== "string") throw new Error(`case ${one.tcId.toString()} has no ${name}`);
  return value;
}

function same(one: Bytes, other: Bytes): boolean {
  return hexEncode(one) === hexEncode(other);
}
