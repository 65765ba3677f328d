/** How much content may be on its way: a browser's WebSocket cannot push back, so the sender waits for acks.
 *
 * docs/protocol.md §5.2: at most 32 MiB of content records beyond the last ack, counted as records × record size.
 */
import { MIB } from "../wire/limits.ts";

export const WINDOW_BYTES = 32 * MIB;

export class SendWindow {
  private acked: number;
  private broken: Error | null = null;
  private wake: (() => void) | null = null;
  private readonly records: number;

  /** `acked`: so many records the receiver holds already. */
  constructor(recordSize: number, acked = 0) {
    this.acked = acked;
    this.records = Math.max(1, Math.floor(WINDOW_BYTES / recordSize));
  }

  /** The receiver kept this many content records. A number that goes back changes nothing. */
  ack(content: number): void {
    if (content <= this.acked) return;
    this.acked = content;
    this.wake?.();
  }

  /** Whoever waits raises this. */
  break(error: Error): void {
    this.broken = error;
    this.wake?.();
  }

  /** Returns when content record `index` may be sent. One caller at a time. */
  async room(index: number): Promise<void> {
    for (;;) {
      if (this.broken !== null) throw this.broken;
      if (index + 1 - this.acked <= this.records) return;
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
      this.wake = null;
    }
  }
}
