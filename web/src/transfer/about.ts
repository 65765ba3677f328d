/** What a journal says about its transfer (docs/architecture.md, the journal): JSON, sealed before it is stored. */
import type { Offer } from "../protocol/control.ts";
import { base64urlDecode, base64urlEncode, malformed, utf8, type Bytes } from "../wire/encoding.ts";
import type { Person } from "./state.ts";

/** One entry of what is sent, to know the same files again. */
export interface Taken {
  readonly path: string;
  readonly kind: "file" | "directory" | "text";
  readonly size: number;
  readonly modified: number;
}

/** What both need to meet again (protocol.md §15.2). */
export interface Meeting {
  readonly secret: Bytes;
  readonly role: "initiator" | "responder";
  readonly mode: "words" | "code";
  readonly verified: boolean;
  readonly maySend: boolean;
  readonly bundle: Bytes | null;
  readonly contact: string | null;
}

export interface About {
  readonly v: 1;
  readonly kind: "send" | "receive" | "upload" | "download";
  readonly title: string;
  readonly peer: Person;
  readonly file: Bytes; // id
  readonly key: Bytes;
  readonly total: number | null;
  readonly files: number;
  readonly started: number; // ms since 1970
  readonly meeting: Meeting | null; // live transfers
  readonly park: Bytes | null; // the park secret (§17)
  readonly parked: { readonly park: string; readonly token: Bytes } | null; // the park a sender made
  readonly entries: readonly Taken[]; // senders
  readonly offer: Offer | null; // receivers
  readonly target: "parts" | "other"; // receivers: whether what arrived lies beside this
  readonly stored: StoredAbout | null; // uploads and downloads
}

/** What an upload or a download of a stored file was. */
export interface StoredAbout {
  readonly file: string;
  readonly version: number | null;
  readonly account: string;
  readonly upload: string;
  readonly opening?: Bytes; // of an upload: its signed opening head
}

/** Byte strings as {"$": base64url}: nothing else in these values is an object of that one key. */
export function encodeAbout(about: About): Bytes {
  return utf8(JSON.stringify(about, (_, value: unknown) => (value instanceof Uint8Array ? { $: base64urlEncode(value as Bytes) } : value)));
}

/** Raises `malformed` for what this version did not write. */
export function decodeAbout(bytes: Bytes): About {
  let about: About;
  try {
    about = JSON.parse(new TextDecoder().decode(bytes), revive) as About;
  } catch {
    throw malformed("not a note of this page");
  }
  if ((about.v as number) !== 1) throw malformed("a note of another version");
  return about;
}

function revive(_: string, value: unknown): unknown {
  const bytes = value !== null && typeof value === "object" ? (value as { readonly $?: unknown }).$ : undefined;
  return typeof bytes === "string" ? base64urlDecode(bytes) : value;
}
