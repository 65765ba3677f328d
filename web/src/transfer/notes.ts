/** What a transfer writes down so that a later visit can go on with it (docs/architecture.md, the journal). */
import type { FileKey } from "../crypto_engine.ts";
import type { StoreKind } from "../files/stores.ts";
import type { StreamName } from "../wire/frames.ts";
import type { From } from "./carrying.ts";
import type { Incoming } from "./receive.ts";
import type { Outgoing } from "./send.ts";

/** A sender's notes. */
export interface SendNotes {
  /** The receiver has the key. */
  begin(outgoing: Outgoing): Promise<void>;
  /** A record is about to leave, with its mark in front. */
  sealed(stream: StreamName, index: number, record: Uint8Array): void;
  acked(held: From): void;
  /** The source may have changed since: raises `source_changed` if a record below is another one now. */
  checkBelow(outgoing: Outgoing, held: From): Promise<void>;
}

/** A receiver's notes. */
export interface ReceiveNotes {
  /** Where its files grow, so that they outlast this visit. */
  readonly stores: StoreKind | null;
  /** The key came. */
  begin(incoming: Incoming, key: FileKey): Promise<void>;
  /** A record is kept. */
  kept(stream: StreamName, index: number, mark: Uint8Array, plaintext: Uint8Array): void;
}
