/** The bytes of the five handshake messages (protocol.md §5): `u8 type ‖ LP(parts)`, or a confirmation without lengths. */
import {
  DH_BYTES,
  KEM_CIPHERTEXT_BYTES,
  KEM_PUBLIC_BYTES,
  X25519_BYTES,
  equalInConstantTime,
  join,
  lp,
  sha256,
  u8,
} from "../crypto_engine.ts";
import { VerificationFailed } from "../errors.ts";
import { malformed, utf8, type Bytes } from "../wire/encoding.ts";
import { ID_BYTES } from "../wire/limits.ts";

export const NONCE_BYTES = 32;
const HASH_BYTES = 32;
const M1 = [ID_BYTES, 1, DH_BYTES, X25519_BYTES, KEM_PUBLIC_BYTES, HASH_BYTES] as const;
const M2 = [DH_BYTES, X25519_BYTES, KEM_CIPHERTEXT_BYTES, NONCE_BYTES] as const;
const M3 = [NONCE_BYTES] as const;

/** What the initiator commits to: all of M1 but the commitment itself. */
export type Hello = readonly [room: Bytes, mode: Bytes, dh: Bytes, x: Bytes, kem: Bytes];

/** What M1 says of the nonce that M3 will show. */
export function commitmentTo(hello: Hello, nonce: Bytes): Promise<Bytes> {
  return sha256(lp(utf8("peerseal/1 hello"), ...hello, nonce));
}

export function writeM1(hello: Hello, commitment: Bytes): Bytes {
  return join(u8(1), lp(...hello, commitment));
}

/** Raises `malformed`, like all that read. */
export function readM1(message: Bytes): readonly [...Hello, commitment: Bytes] {
  return readParts(message, M1);
}

export function writeM2(dh: Bytes, x: Bytes, ciphertext: Bytes, nonce: Bytes): Bytes {
  return join(u8(2), lp(dh, x, ciphertext, nonce));
}

export function readM2(message: Bytes): readonly [dh: Bytes, x: Bytes, ciphertext: Bytes, nonce: Bytes] {
  return readParts(message, M2);
}

export function writeM3(nonce: Bytes): Bytes {
  return join(u8(3), lp(nonce));
}

export function readM3(message: Bytes): readonly [nonce: Bytes] {
  return readParts(message, M3);
}

/** M4 and M5. */
export function writeConfirmation(type: 4 | 5, confirmation: Bytes): Bytes {
  return join(u8(type), confirmation);
}

/** `confirmation_failed` for another one than `expected`. */
export function checkConfirmation(message: Bytes, expected: Bytes): void {
  if (message.length !== 1 + HASH_BYTES) throw malformed("a confirmation of a wrong length");
  if (!equalInConstantTime(message.subarray(1), expected)) {
    throw new VerificationFailed("the two sides did not agree on a key", { code: "confirmation_failed" });
  }
}

/** The parts, which must have exactly these lengths. */
function readParts<Lengths extends readonly number[]>(message: Bytes, lengths: Lengths): { readonly [At in keyof Lengths]: Bytes } {
  const whole = lengths.reduce((sum, length) => sum + 4 + length, 1);
  if (message.length !== whole) throw malformed("a handshake message of a wrong length");
  const view = new DataView(message.buffer, message.byteOffset, message.length);
  let at = 1;
  const parts = lengths.map((length) => {
    if (view.getUint32(at) !== length) throw malformed("a handshake message with a wrong length inside");
    const part = message.slice(at + 4, at + 4 + length);
    at += 4 + length;
    return part;
  });
  return parts as unknown as { readonly [At in keyof Lengths]: Bytes };
}
