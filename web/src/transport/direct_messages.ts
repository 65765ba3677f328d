/**
 * What the worker and its window say about direct paths: connections exist in windows only, transfers in the worker.
 *
 * For each transfer one port for the connection, for each of its paths one port for bytes. Buffers change hands.
 */
import type { DescriptionFields, IceCandidate } from "../protocol/control.ts";
import type { IceServer } from "../wire/messages.ts";

/** The receiver of the file offers, its sender answers. */
export type DirectRole = "sends" | "receives";

/** The worker asks its window for a connection; everything else about it goes over the port. */
export interface DirectCall {
  readonly type: "direct";
  readonly role: DirectRole;
  readonly servers: readonly IceServer[];
  readonly port: MessagePort;
}

export type ToConnection =
  /** What the peer said. */
  | { readonly type: "description"; readonly description: DescriptionFields }
  | { readonly type: "ice"; readonly candidates: readonly IceCandidate[] }
  /** A path of this name (16 hex digits): the sender makes its channel, the receiver takes it. */
  | { readonly type: "open"; readonly stream: string; readonly port: MessagePort }
  /** Over: no port of this machine stays open. */
  | { readonly type: "close" };

export type FromConnection =
  /** What to say to the peer. */
  | { readonly type: "description"; readonly description: DescriptionFields }
  | { readonly type: "ice"; readonly candidates: readonly IceCandidate[] }
  /** Paths can be opened; `relayed`: a TURN server carries them. */
  | { readonly type: "standing"; readonly relayed: boolean }
  /** There is no connection any more, or none can be had here. */
  | { readonly type: "down" };

/** The sending worker to the channel: bytes, their end, or that they are cut. */
export type ToSendChannel = ArrayBuffer | "end" | "cut";
/** `freed`: so many bytes were handed to the network. `over`: all were, and the other side has their end. */
export type FromSendChannel = { readonly freed: number } | "open" | "over" | "cut";

/** The channel to the receiving worker. */
export type FromReceiveChannel = ArrayBuffer | "open" | "end" | "cut";
/** `taken`: so many bytes are read. */
export type ToReceiveChannel = { readonly taken: number } | "cut";
