/** Two ends of a data channel without a network: what one sends the other gets, a few messages at a time. */
import { MIB } from "../../src/wire/limits.ts";

const ROOM = 16 * MIB; // a browser's channel refuses more

export class FakeChannel {
  readonly label: string;
  readonly ordered = true;
  readonly maxRetransmits = null;
  readonly maxPacketLifeTime = null;
  binaryType = "blob";
  bufferedAmount = 0;
  bufferedAmountLowThreshold = 0;
  readyState: "connecting" | "open" | "closed" = "connecting";
  most = 0; // the most that was ever buffered
  largest = 0; // the largest binary message
  onopen: (() => void) | null = null;
  onclose: (() => void) | null = null;
  onbufferedamountlow: (() => void) | null = null;
  onmessage: ((event: { readonly data: unknown }) => void) | null = null;
  private other!: FakeChannel;
  private readonly waiting: (string | ArrayBuffer)[] = [];

  private constructor(label: string) {
    this.label = label;
  }

  /** Both ends, not open yet. */
  static pair(label = "0011223344556677"): [RTCDataChannel & FakeChannel, RTCDataChannel & FakeChannel] {
    const [a, b] = [new FakeChannel(label), new FakeChannel(label)];
    [a.other, b.other] = [b, a];
    return [a, b] as unknown as [RTCDataChannel & FakeChannel, RTCDataChannel & FakeChannel];
  }

  open(): void {
    for (const end of [this, this.other]) {
      end.readyState = "open";
      end.onopen?.();
    }
  }

  send(message: string | Uint8Array<ArrayBuffer>): void {
    if (this.readyState !== "open") throw new DOMException("closed", "InvalidStateError");
    const size = message.length;
    if (this.bufferedAmount + size > ROOM) throw new DOMException("full", "OperationError");
    if (typeof message !== "string") this.largest = Math.max(this.largest, size);
    this.waiting.push(typeof message === "string" ? message : message.slice().buffer);
    this.bufferedAmount += size;
    this.most = Math.max(this.most, this.bufferedAmount);
    setTimeout(() => {
      this.deliver();
    });
  }

  close(): void {
    for (const end of [this, this.other]) {
      if (end.readyState === "closed") continue;
      end.readyState = "closed";
      setTimeout(() => end.onclose?.());
    }
  }

  private deliver(): void {
    const message = this.waiting.shift();
    if (message === undefined) return;
    const before = this.bufferedAmount;
    this.bufferedAmount -= typeof message === "string" ? message.length : message.byteLength;
    if (this.other.readyState === "open") this.other.onmessage?.({ data: message });
    const low = this.bufferedAmountLowThreshold;
    if (before > low && this.bufferedAmount <= low) this.onbufferedamountlow?.();
  }
}
