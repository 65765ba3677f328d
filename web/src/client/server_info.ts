/** What the server tells about itself: `GET /api/v1/info` (docs/wire.md §3). */
import { base64urlDecode, type Bytes } from "../wire/encoding.ts";
import { nullable } from "../wire/fields.ts";
import { PARKING, type Parking } from "../wire/parks.ts";
import { parseObject } from "../wire/strict_json.ts";
import { INFO_PATH, SERVER_ID_BYTES } from "../wire/limits.ts";

export interface ServerInfo {
  readonly version: string;
  /** Addresses of this server on its own networks, only told to direct local clients. */
  readonly addresses: readonly string[];
  /** The server id, 16 bytes, pinned at first use. Null: a server without accounts. */
  readonly server: Bytes | null;
  /** Who may make an account: anybody, who has an invitation, nobody. */
  readonly registration: "open" | "invite" | "closed";
  /** How long and how much it parks for a receiver who left; null: nothing. */
  readonly parking: Parking | null;
}

/** The server's words, or null if nothing of ours answers. `base` is the page's address, ending in "/". */
export async function askServer(base: string): Promise<ServerInfo | null> {
  try {
    const answer = await fetch(new URL(INFO_PATH.slice(1), base), { cache: "no-store" });
    if (!answer.ok) return null;
    const { version, addresses, server, registration, parking } = parseObject(await answer.text());
    if (typeof version !== "string" || !Array.isArray(addresses)) return null;
    return {
      version,
      addresses: addresses.filter((address) => typeof address === "string"),
      server: typeof server === "string" ? base64urlDecode(server, SERVER_ID_BYTES) : null,
      registration: registration === "open" || registration === "invite" ? registration : "closed",
      parking: nullable(PARKING).read(parking ?? null),
    };
  } catch {
    return null;
  }
}

/** Where other devices can open this page: the address here, or the server's own on its network if here is this
 * computer only. Null if nothing but this computer reaches the server.
 */
export function shareableBase(base: string, addresses: readonly string[]): string | null {
  const { hostname, pathname } = new URL(base);
  if (!isThisComputer(hostname)) return base;
  const address = addresses.find((one) => URL.canParse(one) && !isThisComputer(new URL(one).hostname));
  return address === undefined ? null : new URL(pathname, address).href;
}

function isThisComputer(host: string): boolean {
  return host === "localhost" || host === "[::1]" || host.endsWith(".localhost") || /^127\./.test(host);
}
