/** The messages inside the control channel (protocol.md §5.2), as types. */
import type { FileKey } from "../crypto_engine.ts";
import type { Bytes } from "../wire/encoding.ts";

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
  readonly shared: boolean; // others get the same sealed file (§17)
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
/** Where records go: through the server's memory, straight to the peer, or over the server's disk. */
export type PathKind = "relay" | "direct" | "store";
export interface Path {
  readonly type: "path";
  readonly id: Bytes;
  readonly kind: PathKind;
  readonly stream: Bytes; // 8 bytes; zeros for store
  readonly manifest: number; // the first record of each stream that comes on it
  readonly content: number;
}
/** Where this side listens by TCP (§16.1); a page hears of it and does nothing. */
export interface Candidates {
  readonly type: "candidates";
  readonly id: Bytes;
  readonly port: number;
  readonly addresses: readonly string[]; // IP literals
  readonly here: Bytes; // 16 bytes
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
/** What do you hold? (§15) */
export interface Where {
  readonly type: "where";
  readonly id: Bytes;
}
/** As `Ack`, with the hash over the marks of those records (§15). */
export interface Have {
  readonly type: "have";
  readonly id: Bytes;
  readonly manifest: number;
  readonly content: number;
  readonly bytes: number;
  readonly marks: Bytes; // 32 bytes
}
/** All that a session description of WebRTC says, as typed fields (§16.2). */
export interface DescriptionFields {
  readonly role: "offer" | "answer";
  readonly ufrag: string;
  readonly pwd: string;
  readonly fingerprint: Bytes; // SHA-256 of the DTLS certificate
  readonly setup: "actpass" | "active" | "passive";
}
export interface Description extends DescriptionFields {
  readonly type: "description";
  readonly id: Bytes;
}
export type IceKind = "host" | "srflx" | "relay";
/** One address a side may be reached at, by UDP. */
export interface IceCandidate {
  readonly host: string; // an IP literal, or a UUID and `.local`
  readonly port: number;
  readonly kind: IceKind;
  readonly priority: number; // u32
}
export interface Ice {
  readonly type: "ice";
  readonly id: Bytes;
  readonly candidates: readonly IceCandidate[];
}
export type ControlMessage =
  | Offer
  | Answer
  | FileKeyMessage
  | Ack
  | Cancel
  | Path
  | Candidates
  | Ping
  | Done
  | Bye
  | IdentityMessage
  | Where
  | Have
  | Description
  | Ice;
