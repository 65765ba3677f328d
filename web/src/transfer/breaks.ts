/** What counts as a break of a path or a channel, after which a transfer goes on, and how often it may (protocol.md §15.1). */
import { Interrupted, PeersealError, ServerUnreachable, TimedOut } from "../errors.ts";

/** So many breaks of one path within this time without an `ack` that moved, and it is no use. */
const BREAKS_MOST = 3;
const WITHIN_MILLISECONDS = 60_000;
/** Between a break and the next try. */
export const PAUSE_MILLISECONDS = 200;

/** Why a round ends when the other side or the server is out of reach: it goes on in another channel. */
export class Away extends Interrupted {
  constructor() {
    super("The other side is out of reach.", { retryable: true });
  }
}

/** Refusals that mean: this room or this ticket is gone. */
const GONE = new Set(["ticket", "not_connected", "room_closed", "stream_taken", "origin", "http_404", "http_502", "http_503", "server_silent"]);

/** Whether what was raised only interrupts: nothing is wrong with the bytes, the peer or the disk. */
export function isBreak(error: unknown): boolean {
  if (error instanceof Interrupted) return error.code !== "stream_cut" && error.code !== "no_direct_path";
  if (error instanceof ServerUnreachable) return true;
  if (error instanceof TypeError) return /fetch|network/i.test(error.message); // a request that came to nothing
  return error instanceof TimedOut ? error.code === "server_silent" : error instanceof PeersealError && GONE.has(error.code);
}

/** Counts the breaks of one kind of path. */
export class Breaks {
  private at: number[] = [];

  /** The receiver holds more: what broke before does not count. */
  moved(): void {
    this.at = [];
  }

  /** One break more. True if this path is not to be tried again now. */
  tooMany(now: number): boolean {
    this.at = this.at.filter((before) => now - before < WITHIN_MILLISECONDS);
    this.at.push(now);
    return this.at.length > BREAKS_MOST;
  }
}

export function streamCut(): Interrupted {
  return new Interrupted("The connection broke again and again.", {
    code: "stream_cut", hint: "Check the network, then go on with it.", retryable: true,
  });
}
