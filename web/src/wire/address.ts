/** IP literals as peers write them: IPv4 in four decimals, IPv6 as in RFC 4291 §2.2, never with a zone. */
import { ADDRESS_MAX_CHARACTERS } from "./limits.ts";

/** The 4 or 16 bytes of an IP literal, or null for anything that is none. */
export function addressBytes(text: string): readonly number[] | null {
  if (text.length > ADDRESS_MAX_CHARACTERS) return null;
  return text.includes(":") ? ipv6Bytes(text) : ipv4Bytes(text);
}

function ipv4Bytes(text: string): readonly number[] | null {
  const parts = text.split(".");
  if (parts.length !== 4 || !parts.every((part) => /^(?:0|[1-9][0-9]{0,2})$/.test(part))) return null;
  const bytes = parts.map(Number);
  return bytes.every((byte) => byte <= 255) ? bytes : null;
}

function ipv6Bytes(text: string): readonly number[] | null {
  const sides = text.split("::");
  if (sides.length > 2) return null;
  const [front, back] = sides.map((side, at) => groupsOf(side, at === sides.length - 1));
  if (front == null || back === null) return null;
  if (back === undefined) return front.length === 16 ? front : null;
  const gap = 16 - front.length - back.length;
  return gap < 2 ? null : [...front, ...Array<number>(gap).fill(0), ...back];
}

/** The bytes of groups between colons; the very last may be written as IPv4. */
function groupsOf(side: string, last: boolean): readonly number[] | null {
  if (side === "") return [];
  const bytes: number[] = [];
  const groups = side.split(":");
  for (const [at, group] of groups.entries()) {
    if (last && at === groups.length - 1 && group.includes(".")) {
      const tail = ipv4Bytes(group);
      if (tail === null) return null;
      bytes.push(...tail);
    } else if (/^[0-9a-fA-F]{1,4}$/.test(group)) {
      const value = parseInt(group, 16);
      bytes.push(value >> 8, value & 255);
    } else return null;
  }
  return bytes;
}

/** Whether such an address can be a peer's: not loopback, multicast, broadcast, unspecified or reserved, nor IPv4 in disguise. */
export function mayBePeer(bytes: readonly number[]): boolean {
  if (bytes.length === 4) return !NO_PEERS_V4.has(bytes[0] ?? 0) && (bytes[0] ?? 0) < 224;
  const low = bytes.slice(0, 10).every((byte) => byte === 0); // ::, ::1, ::ffff:0:0/96, ::/96
  return !low && bytes[0] !== 0xff;
}

const NO_PEERS_V4: ReadonlySet<number> = new Set([0, 127]);

/** The same address in one plain form: decimals, or eight groups without `::`. */
export function addressText(bytes: readonly number[]): string {
  if (bytes.length === 4) return bytes.join(".");
  const groups = Array.from({ length: 8 }, (_, at) => ((bytes[2 * at] ?? 0) << 8) | (bytes[2 * at + 1] ?? 0));
  return groups.map((group) => group.toString(16)).join(":");
}
