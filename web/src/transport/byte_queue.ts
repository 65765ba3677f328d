/** Pieces of a byte stream as they come in, taken out in the sizes somebody wants. One taker at a time. */
import { Interrupted } from "../errors.ts";
import { PathEnded } from "./transport.ts";

export class ByteQueue {
  private readonly pieces: Uint8Array[] = [];
  private head = 0; // index of the first piece still needed
  private offset = 0; // bytes of it already taken
  private held = 0;
  private over: Error | null = null;
  private wake: (() => void) | null = null;

  /** Bytes that wait here. */
  get length(): number {
    return this.held;
  }

  push(piece: Uint8Array): void {
    if (this.over !== null || piece.length === 0) return;
    this.pieces.push(piece);
    this.held += piece.length;
    this.wake?.();
  }

  /** No more will come, by its end or by a break. What is already here can still be taken. */
  end(why: Interrupted = new PathEnded()): void {
    this.over ??= why;
    this.wake?.();
  }

  /** The stream broke: nothing more is given out. */
  break(error: Error): void {
    this.over = error;
    this.pieces.length = 0;
    this.head = 0;
    this.held = 0;
    this.wake?.();
  }

  /** Fills `view` whole, or raises what ended the stream: `PathEnded` only right before it. */
  async takeInto(view: Uint8Array): Promise<void> {
    while (this.held < view.length) {
      if (this.over instanceof PathEnded && this.held > 0) throw new Interrupted(this.over.message, { code: "truncated", retryable: true });
      if (this.over !== null) throw this.over;
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
      this.wake = null;
    }
    let filled = 0;
    while (filled < view.length) {
      const piece = this.pieces[this.head]!;
      const part = piece.subarray(this.offset, this.offset + view.length - filled);
      view.set(part, filled);
      filled += part.length;
      this.offset += part.length;
      if (this.offset === piece.length) this.drop();
    }
    this.held -= view.length;
  }

  private drop(): void {
    this.pieces[this.head] = EMPTY; // lets the memory go before the array is compacted
    this.head++;
    this.offset = 0;
    if (this.head >= 64 || this.head === this.pieces.length) {
      this.pieces.splice(0, this.head);
      this.head = 0;
    }
  }
}

const EMPTY = new Uint8Array(0);
