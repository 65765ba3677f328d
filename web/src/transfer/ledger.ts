/** The transfers the page shows: what each one is, how far it is, and when to tell. */
import type { FromWorker, TransferSnapshot } from "./bridge.ts";
import type { PathKind } from "../transport/transport.ts";
import { Progress } from "./progress.ts";
import type { FileRow, Person, Problem, TransferPhase } from "./state.ts";

export interface NewTransfer {
  readonly id: string;
  readonly direction: "send" | "receive";
  readonly peer: Person;
  readonly verified: boolean;
  readonly phase: TransferPhase;
  readonly title: string;
  readonly fileCount: number;
  readonly total: number | null;
  readonly text: string | null;
}

/** `soon`: progress may wait a moment, so that a fast transfer does not draw a thousand times a second. */
export type Changed = (soon: boolean) => void;

/** So many transfers that are over stay listed. */
const OVER_MOST = 100;

export class Ledger {
  private readonly lines = new Map<string, Line>();
  private readonly changed: Changed;
  private readonly post: (message: FromWorker) => void;

  constructor(changed: Changed, post: (message: FromWorker) => void) {
    this.changed = changed;
    this.post = post;
  }

  open(transfer: NewTransfer): Line {
    const changed = (soon: boolean): void => {
      if (!soon) this.forgetOldest();
      this.changed(soon);
    };
    const line = new Line(transfer, changed, this.post);
    this.lines.set(transfer.id, line);
    this.changed(false);
    return line;
  }

  get(id: string): Line | undefined {
    return this.lines.get(id);
  }

  /** Takes back one that needs no link any more; false if it is none. */
  withdraw(id: string): boolean {
    const line = this.lines.get(id);
    if (line === undefined || line.over || line.withdraw === null) return false;
    line.withdraw();
    return true;
  }

  /** Forgets a transfer that is over, or lies on the server for one receiver and stays there; any other stays listed. */
  dismiss(id: string): void {
    const line = this.lines.get(id);
    if (line === undefined || !(line.over || (line.snapshot.phase === "parked" && line.snapshot.receivers === null))) return;
    this.lines.delete(id);
    this.changed(false);
  }

  snapshots(): readonly TransferSnapshot[] {
    return Array.from(this.lines.values(), (line) => line.snapshot);
  }

  /** A peer may make transfers that come to nothing without end; what did arrive outlasts those. */
  private forgetOldest(): void {
    const over = [...this.lines.values()].filter((line) => line.over);
    if (over.length <= OVER_MOST) return;
    const oldest = over.find(({ snapshot }) => snapshot.phase !== "done") ?? over[0]!;
    this.lines.delete(oldest.id);
  }
}

const STANDS_MILLISECONDS = 3_000;
const OVER: ReadonlySet<TransferPhase> = new Set(["done", "declined", "cancelled", "failed"]);

/** One transfer as shown. */
export class Line {
  snapshot: TransferSnapshot;
  private progress: Progress | null = null;
  /** Takes it back where no link is needed for that. */
  withdraw: (() => void) | null = null;
  private movedAt = -Infinity;
  private readonly carried = { direct: 0, relay: 0, store: 0 }; // bytes by the way they took
  private readonly changed: Changed;
  private readonly post: (message: FromWorker) => void;

  constructor(transfer: NewTransfer, changed: Changed, post: (message: FromWorker) => void) {
    this.snapshot = { ...transfer, done: 0, rate: 0, eta: null, path: null, seconds: null, resumedFrom: null, expires: null, receivers: null, problem: null };
    this.changed = changed;
    this.post = post;
  }

  get id(): string {
    return this.snapshot.id;
  }

  get over(): boolean {
    return OVER.has(this.snapshot.phase);
  }

  set(change: Partial<Omit<TransferSnapshot, "id">>): void {
    this.snapshot = { ...this.snapshot, ...change };
    this.changed(false);
  }

  /** The rows of the files, whole. */
  files(files: readonly FileRow[]): void {
    this.post({ type: "files", transfer: this.id, files });
  }

  /** Bytes move from now on, this way; `done` of them are there already. */
  moving(path: PathKind, done = this.snapshot.done): void {
    if (this.progress === null) this.progress = new Progress(performance.now(), done);
    else this.progress.again(done, performance.now());
    this.set({ phase: "moving", path, done, problem: null });
  }

  /** Nothing moves until the other side is back. */
  waits(): void {
    if (!this.over && this.snapshot.phase !== "reconnecting") this.set({ phase: "reconnecting", rate: 0, eta: null });
  }

  /** Asked now and then while it moves: what stands still for a while shows no speed of before. */
  stands(): void {
    if (this.snapshot.phase !== "moving" || this.snapshot.rate === 0 || performance.now() - this.movedAt < STANDS_MILLISECONDS) return;
    this.progress?.again(this.snapshot.done, performance.now());
    this.set({ rate: 0, eta: null });
  }

  /** So many bytes are through. */
  at(done: number): void {
    if (done !== this.snapshot.done) this.movedAt = performance.now();
    if (this.snapshot.path !== null && done > this.snapshot.done) this.carried[this.snapshot.path] += done - this.snapshot.done;
    this.progress?.at(done, performance.now());
    const { rate, total } = { rate: this.progress?.rate ?? 0, total: this.snapshot.total };
    this.snapshot = { ...this.snapshot, done, rate, eta: this.progress?.eta(total) ?? null };
    this.changed(true);
  }

  done(text: string | null): void {
    const { total, done } = this.snapshot;
    const seconds = this.progress?.seconds(performance.now()) ?? null;
    this.set({ phase: "done", path: this.mostly, done: total ?? done, rate: 0, eta: null, seconds, text: text ?? this.snapshot.text });
  }

  /** The first time in this visit: what it went on from later is what it had moved itself. */
  wentOn(bytes: number): void {
    if ((this.snapshot.resumedFrom ?? 0) === 0) this.set({ resumedFrom: bytes });
  }

  /** The way most of it took. */
  private get mostly(): PathKind | null {
    const { path } = this.snapshot;
    if (path === null) return null;
    return (["direct", "relay", "store"] as const).reduce((most, way) => (this.carried[way] > this.carried[most] ? way : most), path);
  }

  /** It ended otherwise. A line that is over stays as it is. */
  ended(phase: "declined" | "cancelled" | "failed", problem: Problem | null): void {
    if (!this.over) this.set({ phase, problem, rate: 0, eta: null });
  }
}
