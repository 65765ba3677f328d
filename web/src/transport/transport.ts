/** The contract of a path: a one-way stream of bytes between two ends. It knows nothing of records or keys. */
import { Interrupted } from "../errors.ts";
import type { Bytes } from "../wire/encoding.ts";

export type PathKind = "relay" | "direct" | "store";

/** Where bytes go in. Back-pressure by waiting: `send` returns when more may come. Raises `Interrupted`. */
export interface SendEnd {
  readonly kind: PathKind;
  /** How it is carried, for people who look closely. */
  readonly detail: string;
  /** Queues these pieces in order. They must not change before it returns. */
  send(...pieces: readonly Bytes[]): Promise<void>;
  /** Everything was sent: returns when it has left this device and the stream is ended. */
  finish(): Promise<void>;
  /** Cuts the stream; harmless when it is over. */
  abort(): void;
}

/** Where bytes come out, in order. */
export interface ReceiveEnd {
  readonly kind: PathKind;
  readonly detail: string;
  /** Fills `view` whole. Raises `PathEnded` if the stream ended right before it, `Interrupted` if it was cut or ends inside. */
  receiveInto(view: Uint8Array): Promise<void>;
  /** Bytes that nobody took are here already. */
  hasMore(): boolean;
  /** Takes nothing more from the other side: what is here already can still be received, then it is `Interrupted`. */
  drain?(): void;
  abort(): void;
}

/** The stream ended, and not one byte of what was asked for came: between two frames that is no error by itself. */
export class PathEnded extends Interrupted {
  constructor() {
    super("The stream ended too early.", { code: "truncated", retryable: true });
  }
}
