/** The records of one transfer on their way, from one break to the next: road after road, none of them sent twice. */
import { manifestRecordSize, RECORD_SIZE } from "../wire/limits.ts";
import type { Source } from "../files/source.ts";
import { ManifestWriter } from "../protocol/manifest.ts";
import { Interrupted } from "../errors.ts";
import type { SendEnd } from "../transport/transport.ts";
import type { Line } from "./ledger.ts";
import type { Road, Roads } from "./passage.ts";
import { FrameWriter, one, recordCount, type Handing, type Sealing } from "./records.ts";
import { unlessStopped } from "./waiting.ts";
import { SendWindow } from "./window.ts";

/** The first records to send; `bytes` of content come before them. */
export interface From {
  readonly manifest: number;
  readonly content: number;
  readonly bytes: number;
}

/** Tells the receiver of the path that comes now, and the first record of each stream on it. */
export type Naming = (road: Road, next: Pick<From, "manifest" | "content">) => Promise<void>;

const WATCH_MILLISECONDS = 250;

export class Carrying {
  private readonly sealing: Sealing;
  private readonly source: Source;
  private readonly naming: Naming;
  private readonly roads: Roads;
  private readonly line: Line;
  private readonly handing: Handing;
  private readonly signal: AbortSignal;
  private window = new SendWindow(RECORD_SIZE);
  private end: SendEnd | null = null;
  private next = { manifest: 0, content: 0 };
  private held = 0; // content records the receiver holds
  private heldAt = performance.now();
  private running: Promise<void> = Promise.resolve();
  private broken: Error | null = null;

  constructor(sealing: Sealing, source: Source, naming: Naming, roads: Roads, line: Line, handing: Handing, signal: AbortSignal) {
    this.sealing = sealing;
    this.source = source;
    this.naming = naming;
    this.roads = roads;
    this.line = line;
    this.handing = handing;
    this.signal = signal;
  }

  /** Returns when everything from there on was handed over and the last road ended. Raises what broke it. */
  run(from: From): Promise<void> {
    this.held = from.content;
    this.heldAt = performance.now();
    this.next = { manifest: from.manifest, content: from.content };
    this.window = new SendWindow(RECORD_SIZE, from.content);
    this.running = this.along(from);
    this.running.catch(() => undefined);
    return this.running;
  }

  /** What was begun has ended, however. */
  async settled(): Promise<void> {
    await this.running.catch(() => undefined);
  }

  /** The receiver holds so many content records. */
  acked(content: number): void {
    if (content > this.held) this.heldAt = performance.now();
    this.held = Math.max(this.held, content);
    this.window.ack(content);
    this.roads.moved(content * RECORD_SIZE);
  }

  /** Ends it in the middle. */
  cut(why: Error): void {
    this.broken ??= why;
    this.window.break(this.broken);
    this.end?.abort();
  }

  private async along(from: From): Promise<void> {
    const watch = setInterval(() => {
      this.look();
    }, WATCH_MILLISECONDS);
    try {
      let road: Road | null = await this.roads.next(this.signal);
      this.check();
      while (road !== null) {
        await this.naming(road, this.next);
        road = await this.drive(road, from.bytes);
      }
    } catch (error) {
      this.roads.broke();
      throw this.broken ?? error;
    } finally {
      clearInterval(watch);
    }
    await this.heldAll();
  }

  /** Goes along one road to the end, or until there is a better one, which it gives back. */
  private async drive(road: Road, before: number): Promise<Road | null> {
    const end = await road.open(this.signal);
    this.end = end;
    if (this.broken !== null) end.abort();
    this.check();
    this.line.moving(road.kind, Math.max(before, this.line.snapshot.done));
    this.heldAt = performance.now();
    const writer = new FrameWriter(end, this.sealing, (stream, index, sealed, bytes) => {
      this.next[stream] = index + 1;
      this.handing(stream, index, sealed, bytes);
    });
    const whole = await this.write(writer);
    await end.finish();
    return whole ? null : this.roads.change();
  }

  /** False if it stopped for a better road. */
  private async write(writer: FrameWriter): Promise<boolean> {
    const leave = (): boolean => this.roads.better;
    const list = new ManifestWriter(false, RECORD_SIZE).entries(this.source.entries);
    const size = manifestRecordSize(RECORD_SIZE);
    const { manifest, content } = this.next;
    const listed = await writer.write({
      stream: "manifest", total: list.length, recordSize: size, first: manifest, pieces: one(list.subarray(manifest * size)), window: null,
    }, () => false);
    if (!listed) return false;
    if (content >= recordCount(this.source.bytes, RECORD_SIZE)) return true;
    return writer.write({
      stream: "content", total: this.source.bytes, recordSize: RECORD_SIZE, first: content,
      pieces: this.source.content(content * RECORD_SIZE), window: this.window,
    }, leave);
  }

  /** Everything has left: it is over when the receiver says so, unless it falls silent with records still under way. */
  private async heldAll(): Promise<void> {
    const all = recordCount(this.source.bytes, RECORD_SIZE);
    while (this.held < all && this.broken === null) {
      await unlessStopped(new Promise((resolve) => setTimeout(resolve, WATCH_MILLISECONDS)), this.signal);
      this.look();
    }
    this.check();
  }

  private look(): void {
    this.line.stands();
    const under = this.next.content > this.held;
    if (!under) this.heldAt = performance.now();
    else if (this.roads.stalls(performance.now() - this.heldAt)) this.cut(new Interrupted("Nothing arrives.", { retryable: true }));
  }

  private check(): void {
    if (this.broken !== null) throw this.broken;
  }
}
