/** When the receiver has gone, or the person may not stay: the rest is parked on the server, and the receiver is shown it there (protocol.md §17). */
import { ManifestWriter } from "../protocol/manifest.ts";
import type { Source } from "../files/source.ts";
import type { Bytes } from "../wire/encoding.ts";
import { manifestRecordSize, RECORD_SIZE, STREAM_ID_BYTES } from "../wire/limits.ts";
import { Away, isBreak, PAUSE_MILLISECONDS } from "./breaks.ts";
import type { From } from "./carrying.ts";
import type { Held } from "./held.ts";
import type { Line } from "./ledger.ts";
import type { SendNotes } from "./notes.ts";
import type { Passage } from "./passage.ts";
import { recordCount } from "./records.ts";
import type { StoreRoad } from "./store_road.ts";
import { Awaited, unlessStopped } from "./waiting.ts";

/** What leaves, and how it stands with it. */
export interface Left {
  readonly id: Bytes;
  readonly source: Source;
  readonly line: Line;
  readonly passage: Passage;
  readonly store: StoreRoad;
  readonly held: Held;
  readonly notes: SendNotes | null;
  /** Ends the transfer where it stands. */
  readonly stopping: AbortController;
  /** The receiver has the key. */
  readonly keyed: () => boolean;
}

export class Leaving {
  private readonly left: Left;
  private shown = new Awaited<never>(); // breaks what the receiver takes from the server while it is here
  private shows = false; // the receiver came back while the park fills, and was told of it
  private round = new AbortController(); // ends what depends on one channel

  constructor(left: Left) {
    this.left = left;
  }

  /** What the receiver takes from the server broke there. */
  lost(why: Error): void {
    this.shown.reject(why);
  }

  /** The channel is gone. */
  away(): void {
    this.round.abort(new Away());
  }

  /** Waits for the other side, and parks what it lacks if that takes long. True if it has taken everything from there. */
  async outOfReach(): Promise<boolean> {
    const { passage, store, line, stopping: { signal } } = this.left;
    while (passage.away) {
      const back = passage.here().then(() => "back" as const); // anew: they may have met and lost each other meanwhile
      back.catch(() => undefined);
      if (!store.whole) line.waits();
      const over = new AbortController();
      const next = store.whole ? store.taken(over.signal).then(() => "taken" as const) : store.time().then(() => "time" as const);
      next.catch(() => undefined);
      const what = await unlessStopped(Promise.race([back, next]), signal).finally(() => { over.abort(new Away()); });
      if (what === "taken") return true;
      if (what === "time" && passage.away && (await this.alone())) return true;
    }
    await unlessStopped(passage.here(), signal);
    return false;
  }

  /** The receiver is here: it says what it holds, and takes the rest from the server while that still comes there. */
  async beside(): Promise<void> {
    const { held, stopping, keyed } = this.left;
    this.round = new AbortController();
    const { signal } = this.round;
    let from: From;
    try {
      from = await unlessStopped(held.ask(), AbortSignal.any([signal, stopping.signal]));
    } catch (error) {
      if (stopping.signal.aborted || !isBreak(error)) throw error;
      if (keyed()) await this.park(); // gone meanwhile: it finds the park by itself
      return;
    }
    await this.from(from, signal);
  }

  /** As `beside`, of a receiver that has said what it holds; `signal` ends what depends on its channel. */
  async from(from: From, signal: AbortSignal): Promise<void> {
    await this.park(async () => {
      await this.name(from).catch((error: unknown) => {
        if (!isBreak(error)) throw error;
      });
    });
    if (this.left.store.whole && !signal.aborted) await unlessStopped(this.takenThere(), signal);
  }

  /** The receiver is here, and everything it lacks is on the server: it is told so, and takes it from there. */
  async show(from: From): Promise<void> {
    await this.name(from);
    await this.takenThere();
  }

  /**
   * `begun` is called when the park is there, before anything is in it. Returns once it is whole, or cannot be now, or
   * the receiver has everything: it may have that, and be gone for good, long before the server's last answer gets here.
   */
  private async park(begun?: () => Promise<void>): Promise<void> {
    const { store, held, notes, stopping } = this.left;
    const over = new AbortController();
    const taken = store.taken(over.signal).then(() => "taken" as const);
    try {
      const what = await unlessStopped(Promise.race([taken, store.leave({ ...held.acknowledged }, begun)]), stopping.signal);
      if (what === "taken") held.tookAll();
      else if (what) await notes?.ended(false); // from here on nothing of it needs this page
    } finally {
      over.abort(new Away());
    }
  }

  /** Nobody is there. Who comes back meanwhile takes what is on the server already: true once they have everything. */
  private async alone(): Promise<boolean> {
    const { store, held, stopping } = this.left;
    const begun = new Awaited<void>();
    const over = new AbortController();
    const ends = AbortSignal.any([over.signal, stopping.signal]);
    this.showGrowing(begun.promise, ends).catch((error: unknown) => { stopping.abort(error); }); // they do not speak of the same bytes
    try {
      await this.park(() => { begun.resolve(); return Promise.resolve(); });
      if (store.whole && this.shows) await unlessStopped(this.takenThere(), AbortSignal.any([this.round.signal, stopping.signal]));
    } catch (error) {
      if (stopping.signal.aborted || !isBreak(error)) throw error;
    } finally {
      over.abort(new Away());
    }
    return held.everything;
  }

  /** Names the park, which still fills, in each channel that comes to stand, until the signal. */
  private async showGrowing(begun: Promise<void>, signal: AbortSignal): Promise<void> {
    const { passage, held, keyed } = this.left;
    this.shows = false;
    await unlessStopped(begun, signal).catch(() => undefined);
    while (!signal.aborted) {
      try {
        await unlessStopped(passage.here(), signal);
        this.round = new AbortController();
        const gone = this.round.signal;
        const from = await unlessStopped(held.ask(), AbortSignal.any([gone, signal]));
        await this.name(from);
        this.shows = true;
        await unlessStopped(this.shown.promise, AbortSignal.any([gone, signal])); // it broke for them: asked and named again
      } catch (error) {
        this.shows = false;
        if (signal.aborted || !keyed()) return;
        if (!isBreak(error)) throw error;
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MILLISECONDS));
      }
    }
  }

  /** Everything may be taken from the park from now on. */
  private async name({ manifest, content }: From): Promise<void> {
    const { id, source, passage, held } = this.left;
    this.shown = new Awaited();
    const list = new ManifestWriter(false, RECORD_SIZE).entries(source.entries);
    held.goesOn();
    held.handedAll(Math.max(manifest, recordCount(list.length, manifestRecordSize(RECORD_SIZE))));
    await passage.step((session) => session.path(id, "store", new Uint8Array(STREAM_ID_BYTES), manifest, content));
  }

  private async takenThere(): Promise<void> {
    const { held, store } = this.left;
    const over = new AbortController();
    await Promise.race([held.done, store.taken(over.signal), this.shown.promise]).finally(() => { over.abort(new Away()); });
    held.tookAll();
  }
}
