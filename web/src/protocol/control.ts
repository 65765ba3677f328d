/** The messages of the control channel on the wire (protocol.md §5.2): typed ones from strict JSON and back. */
import { FILE_KEY_BYTES, FileKey } from "../crypto_engine.ts";
import { addressBytes } from "../wire/address.ts";
import { base64urlEncode, malformed, type Bytes } from "../wire/encoding.ts";
import {
  ADDRESS_MAX_CHARACTERS,
  BUNDLE_BYTES,
  CERTIFICATE_HASH_BYTES,
  CONTROL_MAX_BYTES,
  ENTRIES_MAX,
  HERE_BYTES,
  ICE_CANDIDATES_MAX,
  ICE_PRIORITY_MAX,
  ICE_PWD_MIN_CHARACTERS,
  ICE_TEXT_MAX_CHARACTERS,
  ICE_UFRAG_MIN_CHARACTERS,
  ID_BYTES,
  MARKS_HASH_BYTES,
  MESSAGE_MAX_CHARACTERS,
  PORT_MAX,
  DIRECT_PORT_MIN,
  PREVIEW_MAX_BYTES,
  PREVIEW_MAX_ENTRIES,
  RECORD_SIZE_MAX,
  RECORD_SIZE_MIN,
  SIGNATURE_BYTES,
  STREAM_ID_BYTES,
  ADDRESSES_MAX,
} from "../wire/limits.ts";
import { parseObject, stringify, type JsonObject, type JsonValue } from "../wire/strict_json.ts";
import { Fields } from "./control_fields.ts";
import type { ControlMessage, IceCandidate, Offer, Preview } from "./control_messages.ts";
import { checkPath } from "./paths.ts";

export type * from "./control_messages.ts";
export { PREVIEW_MAX_BYTES, PREVIEW_MAX_ENTRIES };
const CODE_MAX_CHARACTERS = 64;
const ICE_TEXT = /^[A-Za-z0-9+/]+$/;
/** What a browser calls itself on its own network, so that a page does not learn its addresses. */
export const MDNS_NAME = /^[0-9a-f-]{36}\.local$/;

const TYPES: Readonly<Record<ControlMessage["type"], number>> = {
  offer: 1, answer: 2, file_key: 3, ack: 4, cancel: 5, path: 6, candidates: 7, ping: 8, pong: 9, done: 10, bye: 11,
  identity: 12, where: 13, have: 14, description: 15, ice: 16,
};

const KNOWN_CODES: ReadonlySet<string> = new Set([
  ...["malformed", "invalid_peer_key", "reflected", "mode_mismatch", "commitment_mismatch", "confirmation_failed"],
  ...["not_authentic", "truncated", "out_of_order", "manifest_invalid", "unsafe_name", "code_malformed", "limit"],
  ...["not_verified", "wrong_code", "words_differ", "declined", "cancelled", "timed_out", "interrupted", "local_file"],
  ...["failed", "busy", "no_space", "source_changed", "role"],
  ...["signature_invalid", "key_changed", "unknown_owner", "rolled_back", "not_listed", "content_differs"],
  ...["not_found", "stream_cut", "no_direct_path"],
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
        shared: message.shared,
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
      return {
        id: base64urlEncode(message.id),
        kind: message.kind,
        stream: base64urlEncode(message.stream),
        manifest: message.manifest,
        content: message.content,
      };
    case "candidates":
      return {
        id: base64urlEncode(message.id),
        port: message.port,
        addresses: [...message.addresses],
        here: base64urlEncode(message.here),
      };
    case "ping":
    case "pong":
      return { n: message.n };
    case "done":
    case "where":
      return { id: base64urlEncode(message.id) };
    case "bye":
      return { code: message.code };
    case "identity":
      return { bundle: base64urlEncode(message.bundle), signature: base64urlEncode(message.signature) };
    case "have":
      return {
        id: base64urlEncode(message.id),
        manifest: message.manifest,
        content: message.content,
        bytes: message.bytes,
        marks: base64urlEncode(message.marks),
      };
    case "description":
      return {
        id: base64urlEncode(message.id),
        role: message.role,
        ufrag: message.ufrag,
        pwd: message.pwd,
        fingerprint: base64urlEncode(message.fingerprint),
        setup: message.setup,
      };
    case "ice":
      return {
        id: base64urlEncode(message.id),
        candidates: message.candidates.map(({ host, port, kind, priority }) => ({ host, port, kind, priority })),
      };
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
    shared: f.boolean("shared"),
    preview: f.list("preview", 0, PREVIEW_MAX_ENTRIES).map(readPreview),
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
    type: "path",
    id: f.octets("id", ID_BYTES),
    kind: f.oneOf("kind", ["relay", "direct", "store"] as const),
    stream: f.octets("stream", STREAM_ID_BYTES),
    manifest: f.integer("manifest", 0),
    content: f.integer("content", 0),
  }),
  candidates: (f) => ({
    type: "candidates",
    id: f.octets("id", ID_BYTES),
    port: f.integer("port", DIRECT_PORT_MIN, PORT_MAX),
    addresses: f.list("addresses", 1, ADDRESSES_MAX).map(readAddress),
    here: f.octets("here", HERE_BYTES),
  }),
  ping: (f) => ({ type: "ping", n: f.integer("n", 0) }),
  pong: (f) => ({ type: "pong", n: f.integer("n", 0) }),
  done: (f) => ({ type: "done", id: f.octets("id", ID_BYTES) }),
  bye: (f) => ({ type: "bye", code: f.nullable("code", () => f.text("code", CODE_MAX_CHARACTERS, 1)) }),
  identity: (f) => ({
    type: "identity", bundle: f.octets("bundle", BUNDLE_BYTES), signature: f.octets("signature", SIGNATURE_BYTES),
  }),
  where: (f) => ({ type: "where", id: f.octets("id", ID_BYTES) }),
  have: (f) => ({
    type: "have",
    id: f.octets("id", ID_BYTES),
    manifest: f.integer("manifest", 0),
    content: f.integer("content", 0),
    bytes: f.integer("bytes", 0),
    marks: f.octets("marks", MARKS_HASH_BYTES),
  }),
  description: (f) => ({
    type: "description",
    id: f.octets("id", ID_BYTES),
    role: f.oneOf("role", ["offer", "answer"] as const),
    ufrag: iceText(f, "ufrag", ICE_UFRAG_MIN_CHARACTERS),
    pwd: iceText(f, "pwd", ICE_PWD_MIN_CHARACTERS),
    fingerprint: f.octets("fingerprint", CERTIFICATE_HASH_BYTES),
    setup: f.oneOf("setup", ["actpass", "active", "passive"] as const),
  }),
  ice: (f) => ({
    type: "ice",
    id: f.octets("id", ID_BYTES),
    candidates: f.list("candidates", 1, ICE_CANDIDATES_MAX).map(readCandidate),
  }),
};

function readPreview(value: JsonValue): Preview {
  const fields = Fields.of(value);
  const entry = {
    path: fields.text("path", CONTROL_MAX_BYTES),
    size: fields.nullable("size", () => fields.integer("size", 0)),
    kind: fields.oneOf("kind", ["file", "directory", "text"] as const),
  };
  fields.end();
  return entry;
}

function readAddress(value: JsonValue): string {
  if (typeof value !== "string" || addressBytes(value) === null) throw malformed("not an address");
  return value;
}

function readCandidate(value: JsonValue): IceCandidate {
  const fields = Fields.of(value);
  const candidate = {
    host: fields.text("host", ADDRESS_MAX_CHARACTERS),
    port: fields.integer("port", DIRECT_PORT_MIN, PORT_MAX),
    kind: fields.oneOf("kind", ["host", "srflx", "relay"] as const),
    priority: fields.integer("priority", 0, ICE_PRIORITY_MAX),
  };
  fields.end();
  if (!MDNS_NAME.test(candidate.host) && addressBytes(candidate.host) === null) throw malformed("not an address");
  return candidate;
}

function iceText(fields: Fields, name: string, least: number): string {
  const text = fields.text(name, ICE_TEXT_MAX_CHARACTERS, least);
  if (!ICE_TEXT.test(text)) throw malformed(`${name} has other characters than those of ICE`);
  return text;
}
