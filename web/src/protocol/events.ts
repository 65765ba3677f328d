/** What a session tells its driver: each event once, in the order things happened. */
import type { Bundle, FileKey } from "../crypto_engine.ts";
import type { PeersealError } from "../errors.ts";
import type { Bytes } from "../wire/encoding.ts";
import type {
  Ack,
  Answer,
  Candidates,
  Description,
  Done,
  FileKeyMessage,
  Have,
  Ice,
  Offer,
  Path,
  PathKind,
  Where,
} from "./control.ts";

export type SessionEvent =
  /** Both confirmations verified. `words` to compare, in words mode. */
  | { readonly event: "established"; readonly words: readonly string[] }
  /** The peer has proved to be the one with these public keys; whose they are, the contact book says. */
  | { readonly event: "identity"; readonly bundle: Bundle }
  /** The peer would send this; answer it. */
  | { readonly event: "offer"; readonly offer: Offer }
  /** The peer's answer; after a no the transfer is over. */
  | { readonly event: "answer"; readonly id: Bytes; readonly accept: boolean; readonly code: string | null; readonly message: string | null }
  /** The key of an accepted offer, already checked against its commitment. */
  | { readonly event: "key"; readonly id: Bytes; readonly key: FileKey }
  /** Where the records will come, from which of each stream on; again when the path changes, and after every `have`. */
  | {
      readonly event: "path";
      readonly id: Bytes;
      readonly kind: PathKind;
      readonly stream: Bytes;
      readonly manifest: number;
      readonly content: number;
    }
  /** What the receiver holds. */
  | { readonly event: "ack"; readonly ack: Ack }
  /** The sender asks what this side holds: stop reading, then `have`. In resume mode perhaps of an unknown transfer: `cancel` with `not_found`. */
  | { readonly event: "where"; readonly id: Bytes }
  /** The answer to this side's `where`. */
  | { readonly event: "have"; readonly have: Have }
  /** Addresses of the peer, for direct paths. */
  | { readonly event: "candidates"; readonly candidates: Candidates }
  | { readonly event: "description"; readonly description: Description }
  | { readonly event: "ice"; readonly ice: Ice }
  /** The peer ended one transfer, or with id null every one. */
  | { readonly event: "cancelled"; readonly id: Bytes | null; readonly code: string; readonly message: string | null }
  /** The receiver holds every file under its final name; the transfer is over. */
  | { readonly event: "done"; readonly id: Bytes }
  /** Nothing authentic came for 25 s while pings went out. */
  | { readonly event: "peer_vanished" }
  /** The peer said goodbye (with its code, if something was wrong) or its connection ended. */
  | { readonly event: "peer_left"; readonly code: string | null }
  /** The session does not hold any more; the peer was told, if it can be. */
  | { readonly event: "failed"; readonly error: PeersealError };

/** The messages that belong to one transfer. */
export type TransferMessage =
  | Offer
  | Answer
  | FileKeyMessage
  | Path
  | Ack
  | Done
  | Where
  | Have
  | Candidates
  | Description
  | Ice;

/** What the driver hears of a message of the peer's. */
export function eventOf(message: TransferMessage): SessionEvent {
  switch (message.type) {
    case "offer":
      return { event: "offer", offer: message };
    case "answer":
      return { event: "answer", id: message.id, accept: message.accept, code: message.code, message: message.message };
    case "file_key":
      return { event: "key", id: message.id, key: message.key };
    case "path": {
      const { id, kind, stream, manifest, content } = message;
      return { event: "path", id, kind, stream, manifest, content };
    }
    case "ack":
      return { event: "ack", ack: message };
    case "done":
    case "where":
      return { event: message.type, id: message.id };
    case "have":
      return { event: "have", have: message };
    case "candidates":
      return { event: "candidates", candidates: message };
    case "description":
      return { event: "description", description: message };
    case "ice":
      return { event: "ice", ice: message };
  }
}
