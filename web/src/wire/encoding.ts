/** Bytes as text: base64url without padding (RFC 4648 §5) and ids as lower-case hex, both read strictly. */
import { IntegrityFailed } from "../errors.ts";
import { ID_BYTES } from "./limits.ts";

/** Bytes in memory of their own: what WebCrypto and sockets accept without a copy. */
export type Bytes = Uint8Array<ArrayBuffer>;

/** The error for a text, field or message that does not have the agreed form. */
export function malformed(why: string): IntegrityFailed {
  return new IntegrityFailed(why, { code: "malformed" });
}

export function base64urlEncode(value: Uint8Array): string {
  let binary = "";
  for (const byte of value) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** Bytes of `text`, exactly `length` of them if given. Every byte string has exactly one spelling. */
export function base64urlDecode(text: string, length?: number): Bytes {
  if (!/^[A-Za-z0-9_-]*$/.test(text) || text.endsWith("\n") || text.length % 4 === 1) throw malformed("not base64url");
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  const value = Uint8Array.from(binary, (character) => character.charCodeAt(0));
  if (base64urlEncode(value) !== text) throw malformed("base64url with left-over bits");
  if (length !== undefined && value.length !== length) {
    throw malformed(`${value.length} bytes where ${length} belong`);
  }
  return value;
}

/** Whether `text` has the form of a peer, room or request id: 32 lower-case hex digits. */
export function isId(text: string): boolean {
  return text.length === 2 * ID_BYTES && /^[0-9a-f]*$/.test(text);
}

export function hexEncode(value: Uint8Array): string {
  let text = "";
  for (const byte of value) text += byte.toString(16).padStart(2, "0");
  return text;
}

/** Bytes of lower-case hex digits; anything else is `malformed`. */
export function hexDecode(text: string): Bytes {
  if (text.length % 2 !== 0 || /[^0-9a-f]/.test(text)) throw malformed("not lower-case hex");
  const value = new Uint8Array(text.length / 2);
  for (let at = 0; at < value.length; at++) value[at] = parseInt(text.slice(2 * at, 2 * at + 2), 16);
  return value;
}

export function utf8(text: string): Bytes {
  return new TextEncoder().encode(text);
}

/** Whether two byte strings are the same. Not for secrets: see `equalInConstantTime` in crypto/primitives. */
export function sameBytes(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, at) => byte === other[at]);
}
