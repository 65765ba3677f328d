/** Data channels as paths, in the window: bytes between a channel and the worker's port, with limits on both sides. */
import { MIB } from "../wire/limits.ts";
import type { FromReceiveChannel, FromSendChannel, ToReceiveChannel, ToSendChannel } from "./direct_messages.ts";
import { MESSAGE_MAX_BYTES } from "./session_description.ts";

/** What the browser may hold on its way out: enough to keep the line busy. It refuses more than 16 MiB. */
const BUFFERED_HIGH = 2 * MIB;
const BUFFERED_LOW = MIB;
/** A channel cannot be held back: a peer that sends more than this ahead of its reader does not keep to 32 MiB in flight. */
const UNREAD_MAX = 48 * MIB;

/** Where bytes of the worker's go out. */
export class SendChannel {
  private readonly channel: RTCDataChannel;
  private readonly port: MessagePort;
  private readonly waiting: ArrayBuffer[] = [];
  private at = 0; // in the first of them
  private ending = false;
  private ended = false;

  constructor(channel: RTCDataChannel, port: MessagePort) {
    this.channel = channel;
    this.port = port;
    channel.bufferedAmountLowThreshold = BUFFERED_LOW;
    channel.onopen = () => {
      this.tell("open");
    };
    channel.onbufferedamountlow = () => {
      this.pump();
    };
    channel.onclose = () => {
      this.tell("cut"); // after "over" it says nothing
    };
    channel.onmessage = ({ data }: MessageEvent<unknown>) => {
      // Nothing else comes from where bytes go.
      if (data === "end" && this.ended) this.tell("over");
      channel.close();
    };
    port.onmessage = (event: MessageEvent<ToSendChannel>) => {
      this.take(event.data);
    };
  }

  private take(message: ToSendChannel): void {
    if (message === "cut") {
      this.waiting.length = 0;
      this.channel.close();
      return;
    }
    if (message === "end") this.ending = true;
    else this.waiting.push(message);
    this.pump();
  }

  private pump(): void {
    try {
      for (let piece = this.waiting[0]; piece !== undefined; piece = this.waiting[0]) {
        for (; this.at < piece.byteLength; this.at += MESSAGE_MAX_BYTES) {
          if (this.channel.bufferedAmount >= BUFFERED_HIGH) return;
          this.channel.send(new Uint8Array(piece, this.at, Math.min(MESSAGE_MAX_BYTES, piece.byteLength - this.at)));
        }
        this.at = 0;
        this.waiting.shift();
        this.tell({ freed: piece.byteLength });
      }
      if (this.ending && !this.ended) {
        this.channel.send("end");
        this.ended = true; // the other side answers when it has read so far
      }
    } catch {
      this.channel.close(); // it is closing already, or its buffer is full against all rules
    }
  }

  private tell(message: FromSendChannel): void {
    this.port.postMessage(message);
  }
}

/** Where bytes for the worker come in: kept here until the worker asks for this path. */
export class ReceiveChannel {
  private readonly channel: RTCDataChannel;
  private readonly early: (ArrayBuffer | "end" | "cut")[] = [];
  private port: MessagePort | null = null;
  private unread = 0;
  private over = false;

  constructor(channel: RTCDataChannel) {
    this.channel = channel;
    channel.binaryType = "arraybuffer";
    channel.onmessage = (event: MessageEvent<unknown>) => {
      this.come(event.data);
    };
    channel.onclose = () => {
      this.finish("cut");
    };
  }

  /** The worker reads from now on. */
  attach(port: MessagePort): void {
    this.port = port;
    port.onmessage = ({ data }: MessageEvent<ToReceiveChannel>) => {
      if (data === "cut") this.close();
      else this.unread -= data.taken;
    };
    this.tell("open");
    for (const message of this.early.splice(0)) this.tell(message);
  }

  close(): void {
    this.finish("cut");
  }

  private come(message: unknown): void {
    if (this.over) return;
    if (message === "end") {
      this.finish("end");
      return;
    }
    if (!(message instanceof ArrayBuffer) || message.byteLength > MESSAGE_MAX_BYTES || this.unread > UNREAD_MAX) {
      this.finish("cut");
      return;
    }
    this.unread += message.byteLength;
    this.tell(message);
  }

  private finish(how: "end" | "cut"): void {
    if (this.over) return;
    this.over = true;
    this.tell(how);
    try {
      if (how === "end") return this.channel.send("end"); // and the other side closes
    } catch {
      // It did already.
    }
    this.channel.close();
  }

  private tell(message: FromReceiveChannel): void {
    if (this.port === null) {
      if (message !== "open") this.early.push(message);
      return;
    }
    this.port.postMessage(message, message instanceof ArrayBuffer ? [message] : []);
  }
}
