/**
 * Diffie-Hellman in group 14 (RFC 3526 §3), in arithmetic alone. Not constant time: exponents live for one handshake,
 * and one that lives longer is used blinded (protocol.md §9).
 *
 * Values are exactly 256 bytes, big-endian; exponents 32 bytes with the top bit set and the lowest clear.
 */
import { malformed, type Bytes } from "../wire/encoding.ts";
import { invalidPeerKey, randomBytes, type Randomness } from "./primitives.ts";

export const DH_BYTES = 256;
export const DH_EXPONENT_BYTES = 32;
export const DH_GENERATOR = 2n;
const BLIND_BYTES = 48;
export const DH_PRIME = BigInt(
  "0xFFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DD" +
    "EF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED" +
    "EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE45B3DC2007CB8A163BF0598DA48361C55D39A69163FA8FD24CF5F" +
    "83655D23DCA3AD961C62F356208552BB9ED529077096966D670C354E4ABC9804F1746C08CA18217C32905E462E36CE3B" +
    "E39E772C180E86039B2783A2EC07A28FB5C55DF06F4C52C9DE2BCBF6955817183995497CEA956AE515D2261898FA0510" +
    "15728E5A8AACAA68FFFFFFFFFFFFFFFF",
);

/** A fresh private exponent. */
export function newExponent(random: Randomness = randomBytes): Bytes {
  return exponentOf(random(DH_EXPONENT_BYTES));
}

/** 32 bytes made an exponent in place: top bit set, lowest clear. */
export function exponentOf(exponent: Bytes): Bytes {
  exponent[0] = (exponent[0] ?? 0) | 0x80;
  exponent[31] = (exponent[31] ?? 0) & 0xfe;
  return exponent;
}

/** generator^exponent mod p, 256 bytes. */
export function dhPublic(exponent: Uint8Array, generator: bigint = DH_GENERATOR): Bytes {
  return toBytes(power(generator, exponent));
}

/** The shared secret, 256 bytes. `malformed` for a wrong length, `invalid_peer_key` for a value outside the subgroup. */
export function dhShared(exponent: Uint8Array, peer: Uint8Array): Bytes {
  const secret = power(readPublic(peer), exponent);
  if (secret === 1n) throw invalidPeerKey();
  return toBytes(secret);
}

/** As `dhPublic`, for an exponent that is used more than once. */
export function dhPublicBlinded(exponent: Uint8Array, random: Randomness = randomBytes): Bytes {
  return toBytes(blindedPower(DH_GENERATOR, exponent, random));
}

/** As `dhShared`, for an exponent that is used more than once. */
export function dhSharedBlinded(exponent: Uint8Array, peer: Uint8Array, random: Randomness = randomBytes): Bytes {
  const secret = blindedPower(readPublic(peer), exponent, random);
  if (secret === 1n) throw invalidPeerKey();
  return toBytes(secret);
}

/** The number of a public value: 2 ≤ y ≤ p − 2 and in the subgroup of prime order, or `invalid_peer_key`. */
export function readPublic(value: Uint8Array): bigint {
  if (value.length !== DH_BYTES) throw malformed("a group 14 value has 256 bytes");
  const y = toNumber(value);
  if (y < 2n || y > DH_PRIME - 2n || jacobi(y, DH_PRIME) !== 1) throw invalidPeerKey();
  return y;
}

export function toNumber(bytes: Uint8Array): bigint {
  let digits = "0x0";
  for (const byte of bytes) digits += byte.toString(16).padStart(2, "0");
  return BigInt(digits);
}

function toBytes(value: bigint, length = DH_BYTES): Bytes {
  const digits = value.toString(16).padStart(2 * length, "0");
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at++) bytes[at] = parseInt(digits.slice(2 * at, 2 * at + 2), 16);
  return bytes;
}

// base^exponent mod p, four bits of the exponent at a time.
function power(base: bigint, exponent: Uint8Array): bigint {
  const powers = [1n];
  for (let at = 1; at < 16; at++) powers.push(((powers[at - 1] ?? 1n) * base) % DH_PRIME);
  let result = 1n;
  for (const byte of exponent) {
    for (const digit of [byte >> 4, byte & 15]) {
      for (let square = 0; square < 4; square++) result = (result * result) % DH_PRIME;
      result = (result * (powers[digit] ?? 1n)) % DH_PRIME;
    }
  }
  return result;
}

// base^(exponent + r) · (base^r)⁻¹ for a fresh r: how long it takes says nothing about the exponent.
function blindedPower(base: bigint, exponent: Uint8Array, random: Randomness): bigint {
  const blind = random(BLIND_BYTES);
  const sum = toBytes(toNumber(exponent) + toNumber(blind), BLIND_BYTES + 1);
  return (power(base, sum) * inverse(power(base, blind))) % DH_PRIME;
}

// value⁻¹ mod p, by Euclid.
function inverse(value: bigint): bigint {
  let [above, below] = [DH_PRIME, value];
  let [before, factor] = [0n, 1n];
  while (below !== 0n) {
    const times = above / below;
    [above, below] = [below, above - times * below];
    [before, factor] = [factor, before - times * factor];
  }
  return ((before % DH_PRIME) + DH_PRIME) % DH_PRIME;
}

// The Jacobi symbol (a/n) for odd n: 1, −1, or 0 when they share a factor.
function jacobi(a: bigint, n: bigint): number {
  let sign = 1;
  a %= n;
  while (a !== 0n) {
    let twos = 0n;
    while (((a >> twos) & 1n) === 0n) twos++;
    a >>= twos;
    const n8 = n & 7n;
    if ((twos & 1n) === 1n && (n8 === 3n || n8 === 5n)) sign = -sign;
    if ((a & 3n) === 3n && (n & 3n) === 3n) sign = -sign;
    [a, n] = [n % a, a];
  }
  return n === 1n ? sign : 0;
}
