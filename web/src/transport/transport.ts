/** The contract of a path: a one-way stream of bytes between two ends. It knows nothing of records or keys. */
import type { Bytes } from "../wire/encoding.ts";

/** Where bytes go in. Back-pressure by waiting: `send` returns when more may come. Raises `Interrupted`. */
export interface SendEnd {
  readonly kind: "relay";
  /** How it is carried, for people who look closely. */
  readonly detail: "websocket" | "http";
  /** Queues these pieces in order. They must not change afterwards. */
  send(...pieces: readonly Bytes[]): Promise<void>;
  /** Everything was sent: returns when it has left this device and the stream is ended. */
  finish(): Promise<void>;
  /** Cuts the stream; harmless when it is over. */
  abort(): void;
}

/** Where bytes come out, in order. */
export interface ReceiveEnd {
  readonly kind: "relay";
  readonly detail: "websocket" | "http";
  /** Fills `view` whole. Raises `Interrupted` if the stream ends or is cut before. */
  receiveInto(view: Uint8Array): Promise<void>;
  /** Bytes that nobody took are here already. */
  hasMore(): boolean;
  abort(): void;
}
