/** The meeting messages of docs/wire.md §1 as the page speaks them over Socket.IO: typed, and read strictly at the edge. */
import { base64urlDecode, base64urlEncode, isId, malformed, type Bytes } from "./encoding.ts";
import {
  ICE_URL_MAX_CHARACTERS,
  ICE_URLS_MAX,
  NAME_MAX_CHARACTERS,
  NAMEPLATE_MAX_DIGITS,
  SIGNAL_MAX_BYTES,
  TICKET_BYTES,
} from "./limits.ts";

export type PeerRole = "sender" | "receiver";
export type StreamEnd = "send" | "receive";
export type RoomMode = "words" | "code" | "resume";
export type Side = "initiator" | "responder";

/**
 * Somebody as others see them. `name` is display only; `tag` tells two of a name apart. `account`: the account's name
 * as registered, null for a guest; the server's word, which proves nothing.
 */
export interface Peer {
  readonly id: string;
  readonly tag: string;
  readonly name: string;
  readonly role: PeerRole;
  readonly account: string | null;
}

export interface Lobby {
  readonly kind: "network" | "room" | "everyone" | "none";
  readonly reason: string | null;
}

/** A STUN server (no credential) or a TURN server with a credential of the asker's own. */
export interface IceServer {
  readonly urls: readonly string[];
  readonly username: string | null;
  readonly credential: string | null;
}

/** What the client says: type → fields. Byte strings are already base64url. */
export interface ClientMessages {
  readonly join: { readonly role: PeerRole; readonly name: string; readonly room: string | null; readonly listed: boolean };
  readonly leave: Empty;
  readonly connect: { readonly to: string };
  readonly cancel: { readonly request: string };
  readonly answer: { readonly request: string; readonly accept: boolean };
  readonly signal: { readonly room: string; readonly body: string };
  readonly close: { readonly room: string };
  readonly ticket: { readonly room: string; readonly stream: string; readonly end: StreamEnd };
  readonly allocate: { readonly nameplate: string | null };
  readonly claim: { readonly nameplate: string };
  readonly release: Empty;
  readonly rejoin: { readonly rendezvous: string; readonly side: Side; readonly room: string | null };
  readonly ice: { readonly room: string };
  readonly ping: Empty;
}

/** What the server answers to each when it does not refuse. */
export interface Replies {
  readonly join: { readonly you: Peer; readonly lobby: Lobby; readonly peers: readonly Peer[] };
  readonly leave: Empty;
  readonly connect: { readonly request: string };
  readonly cancel: Empty;
  readonly answer: { readonly room: string | null };
  readonly signal: Empty;
  readonly close: Empty;
  readonly ticket: { readonly ticket: string; readonly expires: number };
  readonly allocate: { readonly nameplate: string };
  readonly claim: { readonly request: string };
  readonly release: Empty;
  readonly rejoin: Empty;
  readonly ice: { readonly servers: readonly IceServer[] };
  readonly ping: Empty;
}

/** What the server says by itself: type → fields. */
export interface ServerMessages {
  readonly presence: { readonly joined: readonly Peer[]; readonly left: readonly string[] };
  readonly request: { readonly request: string; readonly from: Peer };
  readonly request_ended: { readonly request: string; readonly code: string };
  readonly room: { readonly room: string; readonly peer: Peer; readonly request: string | null; readonly mode: RoomMode };
  readonly signal: { readonly room: string; readonly body: Bytes };
  readonly room_closed: { readonly room: string; readonly code: string };
  readonly notice: { readonly room: string; readonly code: string };
  readonly code_closed: { readonly code: string };
  readonly ping: Empty;
}

export type ClientType = keyof ClientMessages;
export type ServerType = keyof ServerMessages;
export type Empty = Readonly<Record<never, never>>;

/** `{ok: false}`: a stable code, and a sentence for people. */
export interface Refusal {
  readonly code: string;
  readonly message: string;
}

export type Reply<Type extends ClientType> =
  | { readonly ok: true; readonly value: Replies[Type] }
  | { readonly ok: false; readonly refusal: Refusal };

type Read<T> = (value: unknown) => T;
type Shape<T> = { readonly [Key in keyof T]: Read<T[Key]> };

const text =
  (shortest: number, longest: number): Read<string> =>
  (value) => {
    if (typeof value !== "string" || value.length < shortest) throw malformed("not a text of the right length");
    if (value.length > 2 * longest || Array.from(value).length > longest) throw malformed("not a text of the right length");
    if (/\p{Surrogate}/u.test(value)) throw malformed("lone surrogate");
    return value;
  };

const id: Read<string> = (value) => {
  if (typeof value !== "string" || !isId(value)) throw malformed("not an id");
  return value;
};

const oneOf =
  <T extends string>(...allowed: readonly T[]): Read<T> =>
  (value) => {
    const found = allowed.find((one) => one === value);
    if (found === undefined) throw malformed("an unknown word");
    return found;
  };

const nullable =
  <T>(read: Read<T>): Read<T | null> =>
  (value) =>
    value === null ? null : read(value);

const array =
  <T>(read: Read<T>, most = Infinity): Read<readonly T[]> =>
  (value) => {
    if (!Array.isArray(value) || value.length > most) throw malformed("not a list, or too long");
    return value.map(read);
  };

const integer =
  (smallest: number, largest: number): Read<number> =>
  (value) => {
    if (!Number.isSafeInteger(value)) throw malformed("not an integer");
    const number = value as number;
    if (number < smallest || number > largest) throw malformed("integer out of range");
    return number;
  };

const token =
  (bytes: number): Read<string> =>
  (value) => {
    if (typeof value !== "string") throw malformed("not base64url");
    base64urlDecode(value, bytes);
    return value;
  };

const octets =
  (longest: number): Read<Bytes> =>
  (value) => {
    if (typeof value !== "string" || value.length > Math.ceil((longest * 4) / 3)) throw malformed("not base64url");
    return base64urlDecode(value);
  };

const nameplate: Read<string> = (value) => {
  if (typeof value !== "string" || !NAMEPLATE.test(value)) throw malformed("not a nameplate");
  return value;
};
const NAMEPLATE = new RegExp(`^[1-9][0-9]{0,${NAMEPLATE_MAX_DIGITS - 1}}$`);

/** An object of exactly these fields. */
const record =
  <T extends object>(shape: Shape<T>): Read<T> =>
  (value) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) throw malformed("not an object");
    const given = value as Readonly<Record<string, unknown>>;
    const keys = Object.keys(shape) as (keyof T & string)[];
    if (Object.keys(given).length !== keys.length) throw malformed("unknown or missing fields");
    const made: Partial<T> = {};
    for (const key of keys) {
      if (!Object.hasOwn(given, key)) throw malformed("unknown or missing fields");
      made[key] = shape[key](given[key]);
    }
    return made as T;
  };

/** Codes to come must not break pages of today, so a code is any short word. */
const code = text(1, 64);
const role = oneOf<PeerRole>("sender", "receiver");
const name = text(1, NAME_MAX_CHARACTERS);
const peer = record<Peer>({ id, tag: text(4, 4), name, role, account: nullable(name) });
const lobby = record<Lobby>({ kind: oneOf("network", "room", "everyone", "none"), reason: nullable(text(1, 100)) });
const iceServer = record<IceServer>({
  urls: array(text(1, ICE_URL_MAX_CHARACTERS), ICE_URLS_MAX),
  username: nullable(text(1, 100)),
  credential: nullable(text(1, 100)),
});
const nothing = record<Empty>({});

const SERVER: { readonly [Type in ServerType]: Read<ServerMessages[Type]> } = {
  presence: record({ joined: array(peer), left: array(id) }),
  request: record({ request: id, from: peer }),
  request_ended: record({ request: id, code }),
  room: record({ room: id, peer, request: nullable(id), mode: oneOf<RoomMode>("words", "code", "resume") }),
  signal: record({ room: id, body: octets(SIGNAL_MAX_BYTES) }),
  room_closed: record({ room: id, code }),
  notice: record({ room: id, code }),
  code_closed: record({ code }),
  ping: nothing,
};

const requested = record({ request: id });
const REPLY: { readonly [Type in ClientType]: Read<Replies[Type]> } = {
  join: record({ you: peer, lobby, peers: array(peer) }),
  leave: nothing,
  connect: requested,
  cancel: nothing,
  answer: (value) => (Object.keys(Object(value) as object).length === 0 ? { room: null } : record({ room: id })(value)),
  signal: nothing,
  close: nothing,
  ticket: record({ ticket: token(TICKET_BYTES), expires: integer(1, 86_400) }),
  allocate: record({ nameplate }),
  claim: requested,
  release: nothing,
  rejoin: nothing,
  ice: record({ servers: array(iceServer, ICE_URLS_MAX) }),
  ping: nothing,
};
const refusal = record<Refusal>({ code, message: text(0, 1000) });

export const SERVER_TYPES = Object.keys(SERVER) as readonly ServerType[];

/** The server's message of this type; wrong, unknown or missing fields are `malformed`. */
export function readServer<Type extends ServerType>(type: Type, fields: unknown): ServerMessages[Type] {
  return SERVER[type](fields);
}

/** The reply object to a message of this type. */
export function readReply<Type extends ClientType>(type: Type, fields: unknown): Reply<Type> {
  if (typeof fields !== "object" || fields === null) throw malformed("not a reply");
  const { ok, ...rest } = fields as { readonly ok?: unknown };
  if (ok === true) return { ok: true, value: REPLY[type](rest) };
  if (ok === false) return { ok: false, refusal: refusal(rest) };
  throw malformed("a reply without ok");
}

/** Bytes as they stand in `signal` and `ticket`. */
export const onTheWire = base64urlEncode;
