/** The receiver's side of direct paths (protocol.md §16.2): it offers a connection, and tries again when one went down. */
import type { SessionEvent } from "../protocol/session.ts";
import type { DirectPaths } from "../transport/direct.ts";
import type { ReceiveEnd } from "../transport/transport.ts";
import { Interrupted } from "../errors.ts";
import type { Bytes } from "../wire/encoding.ts";
import { WORTH_BYTES, type Direct } from "./direct_road.ts";
import type { Route } from "./state.ts";

/** What is small is through by then; if it is not, the sender may wait for a direct path. */
const SMALL_MILLISECONDS = 1_500;
const AGAIN_MILLISECONDS = 5_000;
/** Connections for one transfer in one channel. */
const TRIES_MOST = 3;

export class DirectReach {
  private readonly id: Bytes;
  private readonly total: number | null;
  private readonly route: () => Route;
  private readonly make: Direct;
  private paths: DirectPaths | null = null;
  private timer: ReturnType<typeof setTimeout> | null = null;
  private tries = 0;
  private round = 0;
  private over = false;

  constructor(id: Bytes, total: number | null, route: () => Route, make: Direct) {
    this.id = id;
    this.total = total;
    this.route = route;
    this.make = make;
  }

  /** A channel stands, and the transfer is accepted in it. */
  begin(): void {
    this.away();
    this.tries = 0;
    if (this.over || this.route() === "relay") return;
    const small = this.route() !== "direct" && this.total !== null && this.total < WORTH_BYTES;
    if (small) this.timer = setTimeout(() => void this.connect(), SMALL_MILLISECONDS);
    else void this.connect();
  }

  /** The channel is gone, and what was found by it with it. */
  away(): void {
    this.round++;
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    this.paths?.close();
    this.paths = null;
  }

  heard(event: SessionEvent): void {
    if (event.event === "description") this.paths?.heardDescription(event.description);
    else if (event.event === "ice") this.paths?.heardIce(event.ice.candidates);
  }

  open(stream: Bytes, signal: AbortSignal): Promise<ReceiveEnd> {
    if (this.paths === null) return Promise.reject(new Interrupted("There is no direct connection.", { retryable: true }));
    return this.paths.openReceive(stream, signal);
  }

  close(): void {
    this.over = true;
    this.away();
  }

  /** The person takes no other way. */
  get only(): boolean {
    return this.route() === "direct";
  }

  /** There is a connection past the server. */
  get standing(): boolean {
    return this.paths?.standing === true;
  }

  private async connect(): Promise<void> {
    const { round } = this;
    this.tries++;
    const paths = await this.make(this.id, "receives");
    if (this.over || round !== this.round) return paths?.close();
    if (paths === null) return;
    this.paths = paths;
    try {
      await paths.ready();
      while (paths.standing) await new Promise((resolve) => setTimeout(resolve, AGAIN_MILLISECONDS));
    } catch {
      // None could be had.
    }
    if (this.over || round !== this.round || this.tries >= TRIES_MOST) return;
    paths.close();
    this.timer = setTimeout(() => void this.connect(), AGAIN_MILLISECONDS);
  }
}
