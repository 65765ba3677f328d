/** The messages inside the control channel (protocol.md §5.2): typed here, strict JSON on the wire. */
import { FILE_KEY_BYTES, FileKey } from "../crypto_engine.ts";
import { base64urlDecode, base64urlEncode, malformed, type Bytes } from "../wire/encoding.ts";
import {
  BUNDLE_BYTES,
  CONTROL_MAX_BYTES,
  ENTRIES_MAX,
  ID_BYTES,
  MESSAGE_MAX_CHARACTERS,
  PREVIEW_MAX_BYTES,
  PREVIEW_MAX_ENTRIES,
  RECORD_SIZE_MAX,
  RECORD_SIZE_MIN,
  SIGNATURE_BYTES,
  STREAM_ID_BYTES,
} from "../wire/limits.ts";
import { isObject, parseObject, stringify, type JsonObject, type JsonValue } from "../wire/strict_json.ts";
import { checkPath } from "./paths.ts";

export { PREVIEW_MAX_BYTES, PREVIEW_MAX_ENTRIES };
const CODE_MAX_CHARACTERS = 64;

export type EntryKind = "file" | "directory" | "text";

export interface Preview {
  readonly path: string; // "" for a text
  readonly size: number | null; // null: given later
  readonly kind: EntryKind;
}

export interface Offer {
  readonly type: "offer";
  readonly id: Bytes;
  readonly version: number;
  readonly recordSize: number;
  readonly commitment: Bytes;
  readonly files: number; // files and texts, not directories
  readonly bytes: number | null; // their sum; null exactly if open
  readonly open: boolean;
  readonly text: boolean;
  readonly preview: readonly Preview[];
}
export interface Answer {
  readonly type: "answer";
  readonly id: Bytes;
  readonly accept: boolean;
  readonly code: string | null;
  readonly message: string | null;
}
export interface FileKeyMessage {
  readonly type: "file_key";
  readonly id: Bytes;
  readonly key: FileKey;
}
export interface Ack {
  readonly type: "ack";
  readonly id: Bytes;
  readonly manifest: number; // records opened and kept, without gaps
  readonly content: number;
  readonly bytes: number;
}
export interface Cancel {
  readonly type: "cancel";
  readonly id: Bytes | null; // null: everything
  readonly code: string;
  readonly message: string | null;
}
export interface Path {
  readonly type: "path";
  readonly id: Bytes;
  readonly kind: "relay";
  readonly stream: Bytes; // 8 bytes
}
export interface Ping {
  readonly type: "ping" | "pong";
  readonly n: number;
}
export interface Done {
  readonly type: "done";
  readonly id: Bytes;
}
export interface Bye {
  readonly type: "bye";
  readonly code: string | null;
}
/** Who says this, for those who know them: public keys and the signature of this channel (§9.3). */
export interface IdentityMessage {
  readonly type: "identity";
  readonly bundle: Bytes;
  readonly signature: Bytes;
}
export type ControlMessage = Offer | Answer | FileKeyMessage | Ack | Cancel | Path | Ping | Done | Bye | IdentityMessage;

const TYPES: Readonly<Record<ControlMessage["type"], number>> = {
  offer: 1, answer: 2, file_key: 3, ack: 4, cancel: 5, path: 6, ping: 8, pong: 9, done: 10, bye: 11, identity: 12,
};

const KNOWN_CODES: ReadonlySet<string> = new Set([
  ...["malformed", "invalid_peer_key", "reflected", "mode_mismatch", "commitment_mismatch", "confirmation_failed"],
  ...["not_authentic", "truncated", "out_of_order", "manifest_invalid", "unsafe_name", "code_malformed", "limit"],
  ...["not_verified", "wrong_code", "words_differ", "declined", "cancelled", "timed_out", "interrupted", "local_file"],
  ...["failed", "busy", "no_space", "source_changed", "role"],
  ...["signature_invalid", "key_changed", "unknown_owner", "rolled_back", "not_listed", "content_differs"],
]);

/** The code of a peer's `cancel` or `bye` if this version knows it, else `cancelled`. */
export function knownCode(code: string): string {
  return KNOWN_CODES.has(code) ? code : "cancelled";
}

/** As many of the first entries as an offer may show: 50, or 16 KiB of JSON. */
export function previewOf(entries: Iterable<Preview>): readonly Preview[] {
  const shown: Preview[] = [];
  let room = PREVIEW_MAX_BYTES - 2;
  for (const { path, size, kind } of entries) {
    room -= stringify({ path, size, kind }).length + 1;
    if (room < 0 || shown.length === PREVIEW_MAX_ENTRIES) break;
    shown.push({ path, size, kind });
  }
  return shown;
}

/** The type byte and the JSON of a message. Raises `malformed` for one that the other side would refuse. */
export function encodeControl(message: ControlMessage): { readonly type: number; readonly body: Bytes } {
  const body = stringify(fieldsOf(message));
  decodeControl(TYPES[message.type], body);
  return { type: TYPES[message.type], body };
}

/** The message of a type byte and its JSON; `malformed` for anything that is not exactly one of the table. */
export function decodeControl(type: number, body: Uint8Array): ControlMessage {
  const name = (Object.keys(TYPES) as ControlMessage["type"][]).find((known) => TYPES[known] === type);
  if (name === undefined) throw malformed("an unknown control message");
  const fields = new Fields(parseObject(body, CONTROL_MAX_BYTES));
  const message = READERS[name](fields, name);
  fields.end();
  if (message.type === "offer") checkOffer(message);
  return message;
}

function checkOffer(offer: Offer): void {
  if ((offer.bytes === null) !== offer.open) throw malformed("the sum is null exactly if the offer is open");
  for (const { path, size, kind } of offer.preview) {
    if (size === null && !offer.open) throw malformed("a size given later in an offer that is not open");
    if (kind !== "text") checkPath(path);
    else if (path !== "") throw malformed("a text has no path");
    if (kind === "directory" && size !== 0) throw malformed("a directory has no size");
  }
}

function fieldsOf(message: ControlMessage): JsonObject {
  switch (message.type) {
    case "offer":
      return {
        id: base64urlEncode(message.id),
        version: message.version,
        record_size: message.recordSize,
        commitment: base64urlEncode(message.commitment),
        files: message.files,
        bytes: message.bytes,
        open: message.open,
        text: message.text,
        preview: message.preview.map(({ path, size, kind }) => ({ path, size, kind })),
      };
    case "answer":
      return { id: base64urlEncode(message.id), accept: message.accept, code: message.code, message: message.message };
    case "file_key":
      return { id: base64urlEncode(message.id), key: base64urlEncode(message.key.reveal()) };
    case "ack":
      return {
        id: base64urlEncode(message.id), manifest: message.manifest, content: message.content, bytes: message.bytes,
      };
    case "cancel":
      return {
        id: message.id === null ? null : base64urlEncode(message.id), code: message.code, message: message.message,
      };
    case "path":
      return { id: base64urlEncode(message.id), kind: message.kind, stream: base64urlEncode(message.stream) };
    case "ping":
    case "pong":
      return { n: message.n };
    case "done":
      return { id: base64urlEncode(message.id) };
    case "bye":
      return { code: message.code };
    case "identity":
      return { bundle: base64urlEncode(message.bundle), signature: base64urlEncode(message.signature) };
  }
}

const READERS: Readonly<Record<ControlMessage["type"], (fields: Fields, name: ControlMessage["type"]) => ControlMessage>> = {
  offer: (f) => ({
    type: "offer",
    id: f.octets("id", ID_BYTES),
    version: f.integer("version", 1),
    recordSize: f.integer("record_size", RECORD_SIZE_MIN, RECORD_SIZE_MAX),
    commitment: f.octets("commitment", 32),
    files: f.integer("files", 0, ENTRIES_MAX),
    bytes: f.nullable("bytes", () => f.integer("bytes", 0)),
    open: f.boolean("open"),
    text: f.boolean("text"),
    preview: f.list("preview").map(readPreview),
  }),
  answer: (f) => ({
    type: "answer",
    id: f.octets("id", ID_BYTES),
    accept: f.boolean("accept"),
    code: f.nullable("code", () => f.text("code", CODE_MAX_CHARACTERS, 1)),
    message: f.nullable("message", () => f.text("message", MESSAGE_MAX_CHARACTERS)),
  }),
  file_key: (f) => ({
    type: "file_key", id: f.octets("id", ID_BYTES), key: new FileKey(f.octets("key", FILE_KEY_BYTES)),
  }),
  ack: (f) => ({
    type: "ack",
    id: f.octets("id", ID_BYTES),
    manifest: f.integer("manifest", 0),
    content: f.integer("content", 0),
    bytes: f.integer("bytes", 0),
  }),
  cancel: (f) => ({
    type: "cancel",
    id: f.nullable("id", () => f.octets("id", ID_BYTES)),
    code: f.text("code", CODE_MAX_CHARACTERS, 1),
    message: f.nullable("message", () => f.text("message", MESSAGE_MAX_CHARACTERS)),
  }),
  path: (f) => ({
    type: "path", id: f.octets("id", ID_BYTES), kind: f.oneOf("kind", ["relay"]), stream: f.octets("stream", STREAM_ID_BYTES),
  }),
  ping: (f) => ({ type: "ping", n: f.integer("n", 0) }),
  pong: (f) => ({ type: "pong", n: f.integer("n", 0) }),
  done: (f) => ({ type: "done", id: f.octets("id", ID_BYTES) }),
  bye: (f) => ({ type: "bye", code: f.nullable("code", () => f.text("code", CODE_MAX_CHARACTERS, 1)) }),
  identity: (f) => ({
    type: "identity", bundle: f.octets("bundle", BUNDLE_BYTES), signature: f.octets("signature", SIGNATURE_BYTES),
  }),
};

function readPreview(value: JsonValue, at: number, all: readonly JsonValue[]): Preview {
  if (at === 0 && all.length > PREVIEW_MAX_ENTRIES) throw malformed("a preview of too many entries");
  if (!isObject(value)) throw malformed("not a preview entry");
  const fields = new Fields(value);
  const entry = {
    path: fields.text("path", CONTROL_MAX_BYTES),
    size: fields.nullable("size", () => fields.integer("size", 0)),
    kind: fields.oneOf("kind", ["file", "directory", "text"] as const),
  };
  fields.end();
  return entry;
}

/** Reads each field once, strictly; `end` refuses what nobody asked for. */
class Fields {
  readonly #value: JsonObject;
  readonly #asked = new Set<string>();

  constructor(value: JsonObject) {
    this.#value = value;
  }

  end(): void {
    if (Object.keys(this.#value).some((key) => !this.#asked.has(key))) throw malformed("unknown fields");
  }

  boolean(name: string): boolean {
    const value = this.#get(name);
    if (typeof value !== "boolean") throw malformed(`${name} is not true or false`);
    return value;
  }

  integer(name: string, least: number, most: number = Number.MAX_SAFE_INTEGER): number {
    const value = this.#get(name);
    if (typeof value !== "number" || value < least || value > most) throw malformed(`${name} is not a number in range`);
    return value;
  }

  /** A string of `least` to `most` characters (code points, not UTF-16 units). */
  text(name: string, most: number, least = 0): string {
    const value = this.#get(name);
    if (typeof value !== "string" || value.length < least || (value.length > most && [...value].length > most)) {
      throw malformed(`${name} is not a text of ${least} to ${most} characters`);
    }
    return value;
  }

  octets(name: string, length: number): Bytes {
    return base64urlDecode(this.text(name, 2 * length), length);
  }

  oneOf<T extends string>(name: string, choices: readonly T[]): T {
    const value = choices.find((choice) => choice === this.#get(name));
    if (value === undefined) throw malformed(`${name} is not one of ${choices.join(", ")}`);
    return value;
  }

  list(name: string): readonly JsonValue[] {
    const value = this.#get(name);
    if (!Array.isArray(value)) throw malformed(`${name} is not a list`);
    return value;
  }

  nullable<T>(name: string, read: () => T): T | null {
    return this.#get(name) === null ? null : read();
  }

  #get(name: string): JsonValue {
    this.#asked.add(name);
    const value = this.#value[name];
    if (value === undefined) throw malformed(`${name} is missing`);
    return value;
  }
}
