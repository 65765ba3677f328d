/** Both ends of a direct path in the worker (protocol.md §16.2): what goes in or comes out, by a port of the window's channel. */
import { Interrupted, type PeersealError } from "../errors.ts";
import type { Bytes } from "../wire/encoding.ts";
import { KIB, MIB } from "../wire/limits.ts";
import { ByteQueue } from "./byte_queue.ts";
import type { FromReceiveChannel, FromSendChannel, ToReceiveChannel, ToSendChannel } from "./direct_messages.ts";
import type { ReceiveEnd, SendEnd } from "./transport.ts";

/** Bytes on their way to the window. */
const UNSENT_HIGH = 4 * MIB;
/** The window hears of bytes that were read in steps of this. */
const TAKEN_STEP = 256 * KIB;
const OPEN_MILLISECONDS = 5_000;

export class DirectSend implements SendEnd {
  readonly kind = "direct";
  readonly detail: string;
  readonly isOpen: Promise<void>;
  private readonly port: MessagePort;
  private readonly ended: () => void;
  private unsent = 0;
  private state: "open" | "ending" | "over" = "open";
  private broken: PeersealError | null = null;
  private wake: (() => void) | null = null;

  constructor(port: MessagePort, detail: string, ended: () => void) {
    this.port = port;
    this.detail = detail;
    this.ended = ended;
    this.isOpen = new Promise((resolve, reject) => {
      port.onmessage = ({ data }: MessageEvent<FromSendChannel>) => {
        if (data === "open") resolve();
        else if (data === "cut") {
          this.break();
          reject(interrupted());
        } else if (data === "over") this.finished();
        else this.unsent -= data.freed;
        this.wake?.();
      };
    });
    this.isOpen.catch(() => undefined);
  }

  async send(...pieces: readonly Bytes[]): Promise<void> {
    for (const piece of pieces) {
      this.check();
      const copy = piece.slice().buffer;
      this.unsent += copy.byteLength;
      this.tell(copy, [copy]);
    }
    while (this.unsent > UNSENT_HIGH) await this.news();
    this.check();
  }

  async finish(): Promise<void> {
    this.check();
    this.state = "ending";
    this.tell("end");
    while ((this.state as string) !== "over") {
      await this.news();
      if (this.broken !== null) throw this.broken;
    }
  }

  abort(): void {
    if (this.state === "over" || this.broken !== null) return;
    this.tell("cut");
    this.break();
  }

  private finished(): void {
    this.state = "over";
    this.port.close();
    this.ended();
  }

  private break(): void {
    this.broken ??= interrupted();
    this.wake?.();
    this.port.close();
    this.ended();
  }

  private async news(): Promise<void> {
    if (this.broken !== null) throw this.broken;
    await new Promise<void>((resolve) => {
      this.wake = resolve;
    });
    this.wake = null;
  }

  private check(): void {
    if (this.broken !== null) throw this.broken;
    if (this.state !== "open") throw interrupted();
  }

  private tell(message: ToSendChannel, transfer: Transferable[] = []): void {
    this.port.postMessage(message, transfer);
  }
}

export class DirectReceive implements ReceiveEnd {
  readonly kind = "direct";
  readonly detail: string;
  readonly isOpen: Promise<void>;
  private readonly port: MessagePort;
  private readonly ended: () => void;
  private readonly queue = new ByteQueue();
  private untold = 0;

  constructor(port: MessagePort, detail: string, ended: () => void) {
    this.port = port;
    this.detail = detail;
    this.ended = ended;
    this.isOpen = new Promise((resolve, reject) => {
      port.onmessage = ({ data }: MessageEvent<FromReceiveChannel>) => {
        if (data instanceof ArrayBuffer) this.queue.push(new Uint8Array(data));
        else if (data === "open") resolve();
        else if (data === "end") this.queue.end();
        else {
          this.queue.break(interrupted());
          reject(interrupted());
        }
      };
    });
    this.isOpen.catch(() => undefined);
  }

  async receiveInto(view: Uint8Array): Promise<void> {
    await this.queue.takeInto(view);
    this.untold += view.length;
    if (this.untold < TAKEN_STEP) return;
    this.tell({ taken: this.untold });
    this.untold = 0;
  }

  hasMore(): boolean {
    return this.queue.length > 0;
  }

  abort(): void {
    this.queue.break(interrupted());
    this.tell("cut");
    this.port.close();
    this.ended();
  }

  private tell(message: ToReceiveChannel): void {
    this.port.postMessage(message);
  }
}

/** Waits for the channel; what does not open in time is given up. */
export async function opened(end: DirectSend | DirectReceive, signal: AbortSignal): Promise<void> {
  let stop: () => void = () => undefined;
  const late = new Promise<never>((_, reject) => {
    const timer = setTimeout(() => {
      reject(interrupted());
    }, OPEN_MILLISECONDS);
    const aborted = (): void => {
      reject(signal.reason as Error);
    };
    stop = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", aborted);
    };
    signal.addEventListener("abort", aborted);
    if (signal.aborted) aborted();
  });
  try {
    await Promise.race([end.isOpen, late]);
  } catch (error) {
    end.abort();
    throw error;
  } finally {
    stop();
  }
}

export function interrupted(): Interrupted {
  return new Interrupted("The direct connection broke.", { retryable: true });
}
