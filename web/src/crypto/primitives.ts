/**
 * The only module that touches the crypto libraries and randomness.
 *
 * WebCrypto does the work where `crypto.subtle` exists. An insecure page (http:// on a LAN) has only
 * `getRandomValues`: there the audited JavaScript of the noble libraries does it, loaded on first use.
 * ML-KEM, Ed25519 and Argon2id are always noble's. The choice is made at each call, from what the page really has.
 */
import { IntegrityFailed, UsageError, VerificationFailed } from "../errors.ts";
import { malformed, sameBytes, type Bytes } from "../wire/encoding.ts";
import { SIGNATURE_BYTES } from "../wire/limits.ts";

export const NONCE_BYTES = 12;
export const TAG_BYTES = 16;
export const KEM_PUBLIC_BYTES = 1184;
export const KEM_CIPHERTEXT_BYTES = 1088;
export const KEM_SEED_BYTES = 64;
export const X25519_BYTES = 32;
export const ED25519_BYTES = 32;
const FIELD_PRIME = 2n ** 255n - 19n;
const ORDER_8_Y = 0x05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826n;
/** y of the eight points of small order: two signs each, except for 1 and −1. */
const SMALL_ORDER_Y: readonly bigint[] = [0n, 1n, FIELD_PRIME - 1n, ORDER_8_Y, FIELD_PRIME - ORDER_8_Y];

/** Gives `length` unpredictable bytes. */
export type Randomness = (length: number) => Bytes;

export const randomBytes: Randomness = (length) => fillRandom(new Uint8Array(length));

/** Overwrites `out` (at most 65 536 bytes) with unpredictable bytes. */
export function fillRandom(out: Bytes): Bytes {
  return crypto.getRandomValues(out);
}

/** Which implementation runs here: the page says so to its user. */
export function cryptography(): "webcrypto" | "javascript" {
  return subtle() === undefined ? "javascript" : "webcrypto";
}

export function equalInConstantTime(one: Uint8Array, other: Uint8Array): boolean {
  if (one.length !== other.length) return false;
  let difference = 0;
  for (let at = 0; at < one.length; at++) difference |= (one[at] ?? 0) ^ (other[at] ?? 0);
  return difference === 0;
}

/** SHA-256, 32 bytes. */
export async function sha256(message: Bytes): Promise<Bytes> {
  const native = subtle();
  if (native !== undefined) return new Uint8Array(await native.digest("SHA-256", message));
  const noble = await import("@noble/hashes/sha2.js");
  return noble.sha256(message);
}

/** SHA-256 of what was begun with and this end, 32 bytes, which the next call overwrites. */
export type BegunHash = (end: Bytes) => Bytes;

/** SHA-256 begun with `begin` and finished many times. Always noble's: WebCrypto takes a promise for each. */
export async function begunSha256(begin: Bytes): Promise<BegunHash> {
  const noble = await import("@noble/hashes/sha2.js");
  const begun = noble.sha256.create().update(begin);
  const [ending, hash] = [noble.sha256.create(), new Uint8Array(32)]; // made once: that is half of the time
  return (end) => {
    begun._cloneInto(ending).update(end).digestInto(hash);
    return hash;
  };
}

/** HMAC-SHA256 (RFC 2104), 32 bytes. */
export async function hmacSha256(key: Bytes, message: Bytes): Promise<Bytes> {
  const native = subtle();
  if (native !== undefined) {
    // WebCrypto refuses an empty key; one of 32 zeros is the same key to HMAC.
    const material = key.length === 0 ? new Uint8Array(32) : key;
    const handle = await native.importKey("raw", material, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
    return new Uint8Array(await native.sign("HMAC", handle, message));
  }
  const [{ hmac }, { sha256: hash }] = await Promise.all([import("@noble/hashes/hmac.js"), import("@noble/hashes/sha2.js")]);
  return hmac(hash, key, message);
}

/** AES-256-GCM under one key. Ciphertexts carry their 16-byte tag behind them (RFC 5116). */
export interface Aead {
  seal(nonce: Bytes, associated: Bytes, plaintext: Bytes): Promise<Bytes>;
  /** Raises `not_authentic`, and says no more. */
  open(nonce: Bytes, associated: Bytes, sealed: Bytes): Promise<Bytes>;
}

/** Arguments are read before the first promise settles, so a caller may reuse its buffers after awaiting. */
export async function aesGcm(key: Bytes): Promise<Aead> {
  if (key.length !== 32) throw new UsageError("an AES-256 key has 32 bytes");
  const aead = await anyNonceAesGcm(key);
  // GCM would take others, by another way to its first counter block that nothing here needs.
  return {
    async seal(nonce, associated, plaintext) {
      if (nonce.length !== NONCE_BYTES) throw new UsageError("a nonce has 12 bytes");
      return aead.seal(nonce, associated, plaintext);
    },
    async open(nonce, associated, sealed) {
      if (nonce.length !== NONCE_BYTES) throw malformed("a nonce has 12 bytes");
      return aead.open(nonce, associated, sealed);
    },
  };
}

async function anyNonceAesGcm(key: Bytes): Promise<Aead> {
  const native = subtle();
  if (native === undefined) return javascriptAesGcm(key.slice());
  const handle = await native.importKey("raw", key, "AES-GCM", false, ["encrypt", "decrypt"]);
  return {
    async seal(iv, additionalData, plaintext) {
      return new Uint8Array(await native.encrypt({ name: "AES-GCM", iv, additionalData }, handle, plaintext));
    },
    async open(iv, additionalData, sealed) {
      try {
        return new Uint8Array(await native.decrypt({ name: "AES-GCM", iv, additionalData }, handle, sealed));
      } catch {
        throw notAuthentic();
      }
    },
  };
}

async function javascriptAesGcm(key: Bytes): Promise<Aead> {
  const { gcm } = await import("@noble/ciphers/aes.js");
  return {
    async seal(nonce, associated, plaintext) {
      return gcm(key, nonce, associated).encrypt(plaintext);
    },
    async open(nonce, associated, sealed) {
      try {
        return gcm(key, nonce, associated).decrypt(sealed);
      } catch {
        throw notAuthentic();
      }
    },
  };
}

/** The public value of 32 secret bytes (RFC 7748). */
export async function x25519Public(secret: Bytes): Promise<Bytes> {
  const base = new Uint8Array(X25519_BYTES);
  base[0] = 9;
  return x25519(secret, base);
}

/** The shared secret; a value that is not canonical, or gives zero, is `invalid_peer_key` (protocol.md §2.2). */
export async function x25519Shared(secret: Bytes, peer: Bytes): Promise<Bytes> {
  checkX25519(peer);
  let shared: Bytes;
  try {
    shared = await x25519(secret, peer);
  } catch {
    throw invalidPeerKey();
  }
  if (shared.every((byte) => byte === 0)) throw invalidPeerKey();
  return shared;
}

/** Refuses a public value of a wrong length (`malformed`) or that is not canonical (`invalid_peer_key`). */
export function checkX25519(value: Bytes): void {
  if (value.length !== X25519_BYTES) throw malformed("an X25519 value has 32 bytes");
  if (!isCanonicalX25519(value)) throw invalidPeerKey();
}

// Little-endian and below 2²⁵⁵ − 19: only values ending in …ff ff 7f with a low byte ≥ ed lie above.
function isCanonicalX25519(value: Bytes): boolean {
  const top = value[31] ?? 0;
  if (top !== 0x7f) return top < 0x7f;
  return (value[0] ?? 0) < 0xed || value.subarray(1, 31).some((byte) => byte !== 0xff);
}

const PKCS8_X25519 = Uint8Array.from([0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x6e, 4, 0x22, 4, 0x20]);

async function x25519(secret: Bytes, peer: Bytes): Promise<Bytes> {
  const native = subtle();
  const own = native === undefined ? undefined : await importX25519(native, secret);
  if (native === undefined || own === undefined) {
    const noble = await import("@noble/curves/ed25519.js");
    return noble.x25519.scalarMult(secret, peer);
  }
  const other = await native.importKey("raw", peer, "X25519", false, []);
  return new Uint8Array(await native.deriveBits({ name: "X25519", public: other }, own, 256));
}

// Older engines have WebCrypto without X25519: they say NotSupportedError.
async function importX25519(native: SubtleCrypto, secret: Bytes): Promise<CryptoKey | undefined> {
  const encoded = new Uint8Array(PKCS8_X25519.length + X25519_BYTES);
  encoded.set(PKCS8_X25519);
  encoded.set(secret, PKCS8_X25519.length);
  try {
    return await native.importKey("pkcs8", encoded, "X25519", false, ["deriveBits"]);
  } catch {
    return undefined;
  } finally {
    encoded.fill(0);
  }
}

export interface KemKeys {
  readonly publicKey: Bytes; // 1184 bytes
  readonly secretKey: Bytes;
}

/** ML-KEM-768 keys from the 64-byte seed d ‖ z (FIPS 203 §7.1). */
export async function kemKeys(seed: Bytes): Promise<KemKeys> {
  if (seed.length !== KEM_SEED_BYTES) throw new UsageError("an ML-KEM-768 seed has 64 bytes");
  const kem = await mlKem();
  const { publicKey, secretKey } = kem.keygen(seed);
  return { publicKey, secretKey };
}

/** Ciphertext and shared secret for `publicKey`, from 32 random bytes (FIPS 203 §7.2 with its modulus check). */
export async function kemEncapsulate(
  publicKey: Bytes,
  randomness: Bytes,
): Promise<{ readonly ciphertext: Bytes; readonly secret: Bytes }> {
  checkKem(publicKey);
  const kem = await mlKem();
  const { cipherText, sharedSecret } = kem.encapsulate(publicKey, randomness);
  return { ciphertext: cipherText, secret: sharedSecret };
}

/** The modulus check of FIPS 203 §7.2 (`invalid_peer_key`); a wrong length is `malformed`. */
export function checkKem(publicKey: Bytes): void {
  if (publicKey.length !== KEM_PUBLIC_BYTES) throw malformed("an ML-KEM-768 key has 1184 bytes");
  if (!isReduced(publicKey)) throw invalidPeerKey();
}

/** The shared secret in `ciphertext`. Never fails for one of the right length: a changed one gives another secret. */
export async function kemDecapsulate(keys: KemKeys, ciphertext: Bytes): Promise<Bytes> {
  if (ciphertext.length !== KEM_CIPHERTEXT_BYTES) throw malformed("an ML-KEM-768 ciphertext has 1088 bytes");
  const kem = await mlKem();
  return kem.decapsulate(ciphertext, keys.secretKey);
}

// The first 1152 bytes are 768 numbers of 12 bits, each to be below q = 3329; the last 32 are a seed.
function isReduced(publicKey: Bytes): boolean {
  for (let at = 0; at < 1152; at += 3) {
    const [one = 0, two = 0, three = 0] = publicKey.subarray(at, at + 3);
    if ((one | ((two & 15) << 8)) >= 3329 || ((two >> 4) | (three << 4)) >= 3329) return false;
  }
  return true;
}

async function mlKem() {
  return (await import("@noble/post-quantum/ml-kem.js")).ml_kem768;
}

/** The Ed25519 public key of a 32-byte seed (RFC 8032). */
export async function ed25519Public(seed: Bytes): Promise<Bytes> {
  return (await ed25519()).getPublicKey(seed);
}

/** The 64-byte signature of `message` (RFC 8032, pure). */
export async function ed25519Sign(seed: Bytes, message: Bytes): Promise<Bytes> {
  return (await ed25519()).sign(message, seed);
}

/** Refuses a public key that is not canonical or of small order: `invalid_peer_key`; a wrong length is `malformed`. */
export function checkEd25519(publicKey: Bytes): void {
  if (publicKey.length !== ED25519_BYTES) throw malformed("an Ed25519 key has 32 bytes");
  if (!isStrictPoint(publicKey)) throw invalidPeerKey();
}

/**
 * Whether the signature holds, by the cofactorless equation (protocol.md §9.1): S·B − k·A is encoded as R's bytes.
 * noble's own `verify` multiplies by the cofactor and so accepts more than OpenSSL does.
 */
export async function ed25519Verify(publicKey: Bytes, message: Bytes, signature: Bytes): Promise<boolean> {
  checkEd25519(publicKey);
  if (signature.length !== SIGNATURE_BYTES) throw malformed("a signature has 64 bytes");
  const curve = await ed25519();
  const [r, s, order] = [signature.slice(0, 32), littleEndian(signature.subarray(32)), curve.Point.Fn.ORDER];
  const key = readPoint(curve, publicKey);
  if (key === undefined || s >= order || !isStrictPoint(r)) return false;
  const { sha512 } = await import("@noble/hashes/sha2.js");
  const k = littleEndian(sha512.create().update(r).update(publicKey).update(message).digest()) % order;
  const expected = curve.Point.BASE.multiplyUnsafe(s).subtract(key.multiplyUnsafe(k));
  return sameBytes(expected.toBytes(), r);
}

// Canonical and not of small order; whether it lies on the curve is not asked.
function isStrictPoint(encoded: Bytes): boolean {
  const y = littleEndian(encoded) & ~(1n << 255n);
  return y < FIELD_PRIME && !SMALL_ORDER_Y.includes(y);
}

// The point, or undefined if the curve has none of this y.
function readPoint(curve: Awaited<ReturnType<typeof ed25519>>, encoded: Bytes) {
  try {
    return curve.Point.fromBytes(encoded);
  } catch {
    return undefined;
  }
}

function littleEndian(bytes: Uint8Array): bigint {
  return bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
}

async function ed25519() {
  return (await import("@noble/curves/ed25519.js")).ed25519;
}

/** How hard a password is to try: Argon2id's memory in KiB, passes and lanes. */
export interface Argon2Cost {
  readonly memory: number;
  readonly passes: number;
  readonly lanes: number;
}

/** Argon2id (RFC 9106, version 19), 32 bytes. Takes a second or more; `progress` hears 0 to 1 on the way. */
export async function argon2id(
  password: Bytes,
  salt: Bytes,
  { memory, passes, lanes }: Argon2Cost,
  progress: (done: number) => void = () => undefined,
): Promise<Bytes> {
  const { argon2idAsync } = await import("@noble/hashes/argon2.js");
  return argon2idAsync(password, salt, {
    m: memory, t: passes, p: lanes, version: 0x13, dkLen: 32, maxmem: 2 ** 31, onProgress: progress,
  });
}

// Typed as always there, yet missing outside secure contexts.
function subtle(): SubtleCrypto | undefined {
  return crypto.subtle as SubtleCrypto | undefined;
}

export function notAuthentic(): IntegrityFailed {
  return new IntegrityFailed("this does not authenticate", { code: "not_authentic" });
}

export function invalidPeerKey(): VerificationFailed {
  return new VerificationFailed("the other side sent a key that no honest program sends", { code: "invalid_peer_key" });
}
