/** An identity (protocol.md §9): one root, the keys that follow from it, what they sign and what others see of them. */
import { failure } from "../errors.ts";
import { malformed, utf8, type Bytes } from "../wire/encoding.ts";
import { BUNDLE_BYTES, ROOT_BYTES, SIGNATURE_BYTES } from "../wire/limits.ts";
import { DH_BYTES, dhPublicBlinded, dhSharedBlinded, exponentOf, readPublic } from "./dh14.ts";
import { EMPTY, join, kdf, lp, readLp, u8, type Label } from "./kdf.ts";
import {
  ED25519_BYTES,
  KEM_PUBLIC_BYTES,
  KEM_SEED_BYTES,
  X25519_BYTES,
  checkEd25519,
  checkKem,
  ed25519Public,
  ed25519Sign,
  ed25519Verify,
  kemDecapsulate,
  kemKeys,
  randomBytes,
  sha256,
  x25519Public,
  x25519Shared,
  type KemKeys,
  type Randomness,
} from "./primitives.ts";
import { Secret } from "./secret.ts";

/** What a signature is about; one for another purpose does not verify. */
export type SignatureKind = "transcript" | "opening" | "closing" | "access" | "recover";

/** The 32 bytes everything of an account follows from. */
export class Root extends Secret {
  constructor(bytes: Uint8Array) {
    super("Root", bytes, ROOT_BYTES);
  }
}

export function newRoot(random: Randomness = randomBytes): Root {
  return new Root(random(ROOT_BYTES));
}

/** 32 bytes two identities share and nobody else knows (§12.1). */
export class SharedSecret extends Secret {
  constructor(bytes: Uint8Array) {
    super("SharedSecret", bytes, 32);
  }
}

/** Any private key: what it gives with a public value shows whether that is of small order. */
const PROBE: Bytes = new Uint8Array(X25519_BYTES).fill(0x42);
const PARTS = [ED25519_BYTES, X25519_BYTES, KEM_PUBLIC_BYTES, DH_BYTES];

/** Somebody's public keys, 1 520 bytes, every part checked. */
export class Bundle {
  readonly encoded: Bytes;
  /** 32 bytes that stand for the whole. */
  readonly fingerprint: Bytes;
  readonly ed25519: Bytes;
  readonly x25519: Bytes;
  readonly kem: Bytes;
  readonly dh14: Bytes;

  private constructor(encoded: Bytes, fingerprint: Bytes, parts: readonly Bytes[]) {
    const [ed25519, x25519, kem, dh14] = parts;
    if (!ed25519 || !x25519 || !kem || !dh14) throw malformed("a bundle of four keys");
    this.encoded = encoded;
    this.fingerprint = fingerprint;
    this.ed25519 = ed25519;
    this.x25519 = x25519;
    this.kem = kem;
    this.dh14 = dh14;
  }

  /** The bundle in 1 520 bytes: `malformed` for wrong lengths, `invalid_peer_key` for a key no honest program makes. */
  static async parse(encoded: Bytes): Promise<Bundle> {
    const bundle = new Bundle(encoded.slice(), await fingerprintOf(encoded), splitBundle(encoded));
    checkEd25519(bundle.ed25519);
    await x25519Shared(PROBE, bundle.x25519);
    checkKem(bundle.kem);
    readPublic(bundle.dh14);
    return bundle;
  }

  /** Raises `signature_invalid` unless the 64-byte signature is this identity's, of this kind, over this body. */
  async verify(kind: SignatureKind, body: Bytes, signature: Bytes): Promise<void> {
    if (!(await ed25519Verify(this.ed25519, signedMessage(kind, this.fingerprint, body), signature))) {
      throw failure("signature_invalid");
    }
  }

  /** The body of `u8 1 ‖ LP(body, signature)`, verified. */
  async readSigned(kind: SignatureKind, signed: Bytes): Promise<Bytes> {
    const { body, signature } = splitSigned(signed);
    await this.verify(kind, body, signature);
    return body;
  }
}

/** The 32 bytes that name a bundle, whatever it holds. */
export async function fingerprintOf(bundle: Bytes): Promise<Bytes> {
  return sha256(lp(utf8("peerseal/1 bundle"), bundle));
}

/** Raises `malformed` unless these could be a bundle's 1 520 bytes; their values are `Bundle.parse`'s. */
export function checkBundleForm(encoded: Bytes): void {
  splitBundle(encoded);
}

function splitBundle(encoded: Bytes): Bytes[] {
  if (encoded.length !== BUNDLE_BYTES) throw malformed("a bundle has 1520 bytes");
  const parts = readLp(encoded, PARTS.length);
  if (parts.some((part, at) => part.length !== PARTS[at])) throw malformed("a key of a wrong length");
  return parts;
}

function signedMessage(kind: SignatureKind, fingerprint: Bytes, body: Bytes): Bytes {
  return lp(utf8(`peerseal/1 sig-${kind}`), fingerprint, body);
}

/** `u8 1 ‖ LP(body, signature)`. */
export function joinSigned(body: Bytes, signature: Bytes): Bytes {
  return join(u8(1), lp(body, signature));
}

/** Body and signature of a signed text; `malformed` otherwise. Says nothing of whether the signature holds. */
export function splitSigned(signed: Bytes): { readonly body: Bytes; readonly signature: Bytes } {
  if (signed[0] !== 1) throw malformed("a signed text of another version");
  const [body, signature] = readLp(signed.subarray(1), 2);
  if (!body || signature?.length !== SIGNATURE_BYTES) throw malformed("a signature has 64 bytes");
  return { body, signature };
}

interface PrivateKeys {
  readonly ed25519: Bytes;
  readonly x25519: Bytes;
  readonly kem: KemKeys;
  readonly dh14: Bytes;
}

/** This person: the root, the private keys made from it, and the public bundle. */
export class Identity {
  readonly root: Root;
  readonly bundle: Bundle;
  readonly #keys: PrivateKeys;

  private constructor(root: Root, bundle: Bundle, keys: PrivateKeys) {
    this.root = root;
    this.bundle = bundle;
    this.#keys = keys;
  }

  static async of(root: Root): Promise<Identity> {
    const derive = (label: Label, length: number): Promise<Bytes> => kdf(root.reveal(), EMPTY, label, EMPTY, length);
    const [ed25519, x25519, seed, dh14] = await Promise.all([
      derive("identity-ed25519", 32),
      derive("identity-x25519", X25519_BYTES),
      derive("identity-ml-kem", KEM_SEED_BYTES),
      derive("identity-dh14", 32).then(exponentOf),
    ]);
    const kem = await kemKeys(seed);
    seed.fill(0);
    const encoded = lp(await ed25519Public(ed25519), await x25519Public(x25519), kem.publicKey, dhPublicBlinded(dh14));
    return new Identity(root, await Bundle.parse(encoded), { ed25519, x25519, kem, dh14 });
  }

  get fingerprint(): Bytes {
    return this.bundle.fingerprint;
  }

  /** A signature of 64 bytes. */
  async sign(kind: SignatureKind, body: Bytes): Promise<Bytes> {
    return ed25519Sign(this.#keys.ed25519, signedMessage(kind, this.fingerprint, body));
  }

  /** `u8 1 ‖ LP(body, signature)`. */
  async signed(kind: SignatureKind, body: Bytes): Promise<Bytes> {
    return joinSigned(body, await this.sign(kind, body));
  }

  /** What this identity and `peer` alone can compute (§12.1). Costly: to be kept by the caller. */
  async pairwise(peer: Bundle): Promise<SharedSecret> {
    const ikm = lp(dhSharedBlinded(this.#keys.dh14, peer.dh14), await x25519Shared(this.#keys.x25519, peer.x25519));
    const salt = await sha256(lp(...[this.bundle.encoded, peer.encoded].sort(compareBytes)));
    return new SharedSecret(await kdf(ikm, salt, "pairwise", EMPTY, 32));
  }

  /** The secrets in an ephemeral X25519 value and an ML-KEM ciphertext that were made for this identity (§12.2). */
  async agree(ephemeral: Bytes, ciphertext: Bytes): Promise<{ readonly x25519: Bytes; readonly kem: Bytes }> {
    const kem = await kemDecapsulate(this.#keys.kem, ciphertext);
    return { x25519: await x25519Shared(this.#keys.x25519, ephemeral), kem };
  }

  /** A 32-byte key only this identity can make. */
  async ownKey(label: "book" | "own-wrap" | "link-secret", context: Bytes = EMPTY): Promise<Bytes> {
    return kdf(this.root.reveal(), EMPTY, label, context, 32);
  }

  toString(): string {
    return "Identity(…)";
  }

  toJSON(): string {
    return this.toString();
  }
}

/** Orders byte strings of one length as numbers. */
export function compareBytes(one: Uint8Array, other: Uint8Array): number {
  for (let at = 0; at < one.length && at < other.length; at++) {
    const difference = (one[at] ?? 0) - (other[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return one.length - other.length;
}

/** The 60 digits two people compare (§9.2): the same for both, whoever asks. */
export async function safetyNumber(one: Bytes, other: Bytes): Promise<string> {
  const halves = await Promise.all([one, other].sort(compareBytes).map(digitsOf));
  return halves.join("");
}

/** What the QR code of a safety number holds. */
export function safetyQr(number: string): string {
  return `PEERSEAL ${number}`;
}

async function digitsOf(fingerprint: Bytes): Promise<string> {
  const bytes = await kdf(fingerprint, EMPTY, "safety-number", EMPTY, 30);
  const groups = Array.from({ length: 6 }, (_, at) => {
    const value = bytes.subarray(5 * at, 5 * at + 5).reduce((sum, byte) => sum * 256 + byte, 0);
    return String(value % 100_000).padStart(5, "0");
  });
  return groups.join("");
}
