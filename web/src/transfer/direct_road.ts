/** Relay and direct path of one transfer side by side (protocol.md §16): begun on the relay, moved to whichever is faster. */
import { randomBytes } from "../crypto_engine.ts";
import { Interrupted } from "../errors.ts";
import type { SessionEvent } from "../protocol/session.ts";
import type { DirectPaths, DirectRole } from "../transport/direct.ts";
import type { SendEnd } from "../transport/transport.ts";
import type { Bytes } from "../wire/encoding.ts";
import { MIB, STREAM_ID_BYTES } from "../wire/limits.ts";
import type { Passage, Road, Roads } from "./passage.ts";
import { RELAY_STALLS_MILLISECONDS, relayRoad } from "./relay_road.ts";
import type { Route } from "./state.ts";

/** Less than this is through before a direct path stands. */
export const WORTH_BYTES = 4 * MIB;
const DIRECT_STALLS_MILLISECONDS = 2_000;
/** So long a road is driven before it is judged. */
const PROBE_MILLISECONDS = 1_000;
/** One that was found good is judged again so often, and given up only if it is far below the relay: pauses of a disk are none of its. */
const JUDGED_MILLISECONDS = 5_000;
const FAR_BELOW = 0.5;
/** What the relay carries sooner is not worth a try, which may cost most of a second. */
const WORTH_SECONDS = 2;
/** Bytes a second that no browser's data channel reaches: a relay that carries more is left alone. */
const FAST_RELAY = 60_000_000;
export const NO_PATH_MILLISECONDS = 15_000;
/** A page that takes direct paths offers a connection well before this. */
const NO_OFFER_MILLISECONDS = 5_000;

/** A connection that is offered may stand in so long. */
const UNREAD_MILLISECONDS = 2_000;

/** Makes a transfer's direct paths; what it has to say goes to the peer by itself. Null where this page cannot. */
export type Direct = (id: Bytes, role: DirectRole) => Promise<DirectPaths | null>;

export class DirectRoads implements Roads {
  private readonly passage: Passage;
  private readonly id: Bytes;
  private readonly total: number;
  private readonly route: () => Route;
  private readonly make: Direct;
  private paths: Promise<DirectPaths | null> | null = null;
  private made: DirectPaths | null = null;
  private prepared: { readonly stream: Bytes; readonly end: SendEnd } | null = null;
  private on: "relay" | "direct" = "relay";
  private since = Infinity; // when this road began to be judged
  private sinceBytes = 0;
  private judged = false; // this road was found good at least once
  private bytes = 0;
  private relayRate = 0; // bytes per second, as measured last
  private useless = false; // slower than the relay, or dead
  private offered = false; // the receiver told of a connection
  private otherKind = false; // it is a command line, whose direct paths a page cannot take
  private unread = false; // the relay broke with nothing of it taken: perhaps they take direct paths only
  private over = false;

  constructor(passage: Passage, id: Bytes, total: number, route: () => Route, make: Direct) {
    this.passage = passage;
    this.id = id;
    this.total = total;
    this.route = route;
    this.make = make;
  }

  /** What the receiver says about its connection. */
  async heard(event: SessionEvent): Promise<void> {
    if (event.event === "candidates") this.otherKind = true;
    if (event.event === "description") this.offered = true;
    if (this.over || this.route() === "relay") return;
    if (event.event === "description") {
      const fresh = event.description.role === "offer";
      const paths = await this.begin();
      paths?.heardDescription(event.description);
      if (fresh && paths !== null) void this.prepare(paths);
    } else if (event.event === "ice") (await this.begin())?.heardIce(event.ice.candidates);
  }

  async next(signal: AbortSignal): Promise<Road> {
    const since = performance.now();
    while (this.route() === "direct") { // asked each time: the person may choose another way meanwhile
      signal.throwIfAborted();
      if (this.prepared !== null) return this.take("direct");
      const passed = performance.now() - since;
      if (this.otherKind) throw noDirectPath("A command line takes no direct path from a page.");
      if (passed > (this.offered ? NO_PATH_MILLISECONDS : NO_OFFER_MILLISECONDS)) throw noDirectPath();
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    while (this.unread && this.offered && this.prepared === null && performance.now() - since < UNREAD_MILLISECONDS) {
      signal.throwIfAborted();
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return this.take(this.unread && this.prepared !== null && this.route() !== "relay" ? "direct" : "relay");
  }

  /** Asked before each record: cheap. */
  get better(): boolean {
    const now = performance.now();
    if (this.on === "direct") return this.route() !== "direct" && this.isSlow(now);
    if (this.prepared === null || this.useless || this.route() === "relay") return false;
    // The relay is driven for a moment, so that there is something to compare with; not if all is nearly through.
    const rate = this.rate(now);
    return now - this.since > PROBE_MILLISECONDS && rate < FAST_RELAY && this.total - this.bytes > rate * WORTH_SECONDS;
  }

  change(): Road {
    const now = performance.now();
    if (this.on === "direct") {
      this.useless = true;
      return this.take("relay");
    }
    this.relayRate = this.rate(now);
    return this.take("direct");
  }

  moved(bytes: number): void {
    // What is acknowledged at first may still have come on the road before.
    if (this.since === Infinity) [this.since, this.sinceBytes] = [performance.now(), bytes];
    this.bytes = bytes;
  }

  stalls(milliseconds: number): boolean {
    // Of what the relay got nothing was taken, and there is another way: it may not be wanted.
    const soon = this.on === "direct" || (this.prepared !== null && this.since === Infinity);
    return milliseconds > (soon ? DIRECT_STALLS_MILLISECONDS : RELAY_STALLS_MILLISECONDS);
  }

  broke(): void {
    this.unread = this.on === "relay" && this.since === Infinity;
    if (this.on === "direct" && this.route() !== "direct") this.useless = true;
    if (this.on === "direct" && this.route() === "direct" && this.made !== null) void this.prepare(this.made);
  }

  close(): void {
    this.over = true;
    this.prepared?.end.abort();
    this.made?.close();
  }

  private begin(): Promise<DirectPaths | null> {
    this.paths ??= this.make(this.id, "sends").then((paths) => {
      if (this.over) paths?.close();
      return (this.made = paths);
    });
    return this.paths;
  }

  /** Opens a channel beforehand, so that a change costs no time. */
  private async prepare(paths: DirectPaths): Promise<void> {
    try {
      await paths.ready();
      const stream = randomBytes(STREAM_ID_BYTES);
      const end = await paths.openSend(stream, new AbortController().signal);
      if (this.over) end.abort();
      else [this.prepared, this.useless] = [{ stream, end }, false];
    } catch {
      return; // there is none: the relay goes on
    }
  }

  private take(on: "relay" | "direct"): Road {
    [this.on, this.since, this.sinceBytes, this.judged] = [on, Infinity, this.bytes, false];
    const { prepared } = this;
    if (on === "relay" || prepared === null) return relayRoad(this.passage);
    this.prepared = null;
    return { kind: "direct", stream: prepared.stream, open: () => Promise.resolve(prepared.end) };
  }

  private rate(now: number): number {
    const passed = now - this.since;
    return passed > 0 ? ((this.bytes - this.sinceBytes) * 1000) / passed : 0;
  }

  /** The relay would be faster, as far as it is known. */
  private isSlow(now: number): boolean {
    if (now - this.since <= (this.judged ? JUDGED_MILLISECONDS : PROBE_MILLISECONDS)) return false;
    if (this.rate(now) < this.relayRate * (this.judged ? FAR_BELOW : 1)) return true;
    [this.judged, this.since, this.sinceBytes] = [true, now, this.bytes];
    return false;
  }
}

function noDirectPath(why = "No direct path to the other side could be found."): Interrupted {
  return new Interrupted(`${why} Nothing was sent another way.`, { code: "no_direct_path", hint: "Choose “Fastest” under Way and send it again." });
}
