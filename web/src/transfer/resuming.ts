/** Transfers an earlier visit, or this one, left unfinished: what the page lists of them, and going on with one. */
import { Bundle, FileKey, ParkSecret, ResumeSecret } from "../crypto_engine.ts";
import { PeersealError, Refused, failure } from "../errors.ts";
import type { Source } from "../files/source.ts";
import type { StoreKind } from "../files/stores.ts";
import type { About } from "./about.ts";
import type { Board } from "./board.ts";
import type { SaveInto } from "./bridge.ts";
import type { Bond } from "./comeback.ts";
import type { Courier } from "./courier.ts";
import type { Journal } from "./journal.ts";
import type { Journals } from "./journals.ts";
import { Keeping } from "./keeping.ts";
import type { Ledger, Line } from "./ledger.ts";
import { ReceiveNotes, SendNotes } from "./notes.ts";
import { VERSION } from "./offering.ts";
import { RECORD_SIZE } from "../wire/limits.ts";
import type { Sealing } from "./records.ts";
import { otherFiles, sameFiles } from "./same_files.ts";
import { problemOf } from "./problem.ts";
import type { Interrupted, OutgoingItem, Problem, Role } from "./state.ts";

/** Brings both together again; `begin` gets the courier of who met under this bond. False if this side is with somebody else. */
export type Together = (bond: Bond, as: Role, begin: (courier: Courier) => void, name?: string) => Promise<boolean>;

/** The stored files of who is signed in. */
export interface Shelved {
  readonly account: () => string | null;
  /** Downloads it, which finds its journal by itself. */
  readonly download: (transfer: string, file: string, version: number | null, into: SaveInto | null) => Promise<void>;
  /** Goes on with the upload of this journal. */
  readonly upload: (transfer: string, journal: string, about: About, source: Source) => Promise<unknown>;
  /** Gives up an upload on the server. */
  readonly abandon: (upload: string) => Promise<void>;
}

export class Resuming {
  private readonly board: Board;
  private readonly ledger: Ledger;
  private readonly journals: Journals;
  private readonly stores: StoreKind;
  private readonly together: Together;
  private readonly shelved: Shelved;
  private readonly sources = new Map<string, Source>(); // of this visit: nobody has to choose them again
  private looks = 0;

  constructor(board: Board, ledger: Ledger, journals: Journals, stores: StoreKind, together: Together, shelved: Shelved) {
    this.shelved = shelved;
    this.board = board;
    this.ledger = ledger;
    this.journals = journals;
    this.stores = stores;
    this.together = together;
  }

  /** Lists what there is, and again when another page lets one go: one that was just left holds its journals a moment longer. */
  start(): void {
    this.journals.onFreed = () => void this.list();
    void this.list();
  }

  /** What one that may be interrupted reads from. */
  reads(id: string, source: Source): void {
    this.sources.set(id, source);
  }

  /** One more is interrupted. */
  left(line: Line, source: Source | null): void {
    if (source !== null) this.sources.set(line.id, source);
    void this.list();
  }

  /** Looks what there is, newest first. */
  async list(): Promise<void> {
    const look = ++this.looks;
    const all = await this.journals.all();
    if (look !== this.looks) return; // who looked later saw more
    const account = this.shelved.account(); // as it is now, not before looking
    const found = all.filter(({ about: { stored } }) => stored === null || stored.account === account);
    const interrupted = found.map(({ id, about, held }): Interrupted => ({
      id, kind: about.kind, title: about.title, peer: about.peer.name, done: held.bytes, total: about.total,
      needsFiles: (about.kind === "send" || about.kind === "upload") && !this.sources.has(id), since: about.started,
    }));
    interrupted.sort((one, two) => two.since - one.since);
    this.board.set({ interrupted });
  }

  /** Goes on with one, as the transfer of this name; `name`: of this person, if they are not here yet. Raises `not_found`, `engaged`, `other_files`. */
  async resume(transfer: string, id: string, items: readonly OutgoingItem[], into: SaveInto | null, name?: string): Promise<void> {
    const known = (await this.journals.all()).find((one) => one.id === id)?.about;
    if (known?.kind === "upload") return this.upload(transfer, id, known, items);
    const stored = known?.stored;
    if (stored) {
      this.ledger.dismiss(id);
      return this.shelved.download(transfer, stored.file, stored.version, into);
    }
    const journal = await this.journals.take(id);
    if (journal === null) throw failure("not_found");
    let line: Line | null = null;
    try {
      const about = await journal.about();
      const source = about.kind === "send" ? (this.sources.get(id) ?? sameFiles(about, items)) : null;
      if (source !== null) this.sources.set(id, source);
      this.ledger.dismiss(id);
      line = this.lineOf(transfer, about);
      await this.list();
      // What is here is gone through before the other side can ask for it.
      const begin = source === null ? await this.receiving(id, about, journal, line, into) : await this.sending(id, about, journal, line, source);
      if (!(await this.together(await bondOf(about), about.kind === "send" ? "sender" : "receiver", begin, name))) throw engaged();
    } catch (error) {
      this.journals.close(id);
      line?.ended("failed", problemOf(error));
      if (error instanceof PeersealError && error.code === "other_files") {
        this.sources.delete(id);
        this.ledger.dismiss(transfer); // its card stays, and says it
      }
      await this.list();
      throw error;
    }
  }

  private async upload(transfer: string, id: string, about: About, items: readonly OutgoingItem[]): Promise<void> {
    const source = this.sources.get(id) ?? sameFiles(about, items);
    this.sources.delete(id);
    this.ledger.dismiss(id);
    const error = await this.shelved.upload(transfer, id, about, source);
    if (!(error instanceof PeersealError) || error.code !== "other_files") return;
    this.ledger.dismiss(transfer); // its card stays, and says it
    throw error;
  }

  private async sending(id: string, about: About, journal: Journal, line: Line, source: Source): Promise<(courier: Courier) => void> {
    line.files(source.entries.map(({ path, size, kind }) => ({ path, size, kind, done: 0 })));
    const notes = new SendNotes(this.journals, line, () => null, journal, id);
    notes.park = await parkOf(about);
    const marks = journal.marks();
    await checked(about, { id: about.file, key: new FileKey(about.key), marks, version: VERSION, recordSize: RECORD_SIZE }, source, notes);
    const park = about.parked === null ? null : { ...about.parked, marks: journal.parked(marks) };
    const begun = { id: about.file, key: new FileKey(about.key), marks, park };
    return (courier) => {
      courier.resumeSend(line, source, begun, notes);
    };
  }

  private async receiving(id: string, about: About, journal: Journal, line: Line, into: SaveInto | null): Promise<(courier: Courier) => void> {
    const { offer } = about;
    if (offer === null) throw failure("not_found");
    const key = new FileKey(about.key);
    const notes = new ReceiveNotes(this.journals, line, () => null, journal, id);
    notes.park = await parkOf(about);
    const keeping = await Keeping.begin(offer, key, into, this.stores, notes);
    const ears = {
      listed: (rows: Parameters<Line["files"]>[0]): void => { line.files(rows); },
      heard: () => undefined,
      kept: (bytes: number): Promise<void> => { line.at(bytes); return Promise.resolve(); },
    };
    await notes.replay(about, offer, key, (...record) => keeping.keep(...record, ears));
    line.set({ resumedFrom: keeping.kept.bytes });
    return (courier) => {
      courier.resumeReceive(line, offer, keeping, notes);
    };
  }

  /** Forgets one, and what had arrived of it. */
  async discard(id: string): Promise<Problem | null> {
    try {
      const journal = await this.journals.take(id);
      if (journal === null) throw failure("not_found");
      const about = await journal.about().catch(() => null);
      if (about?.kind === "upload" && about.stored !== null) await this.shelved.abandon(about.stored.upload).catch(() => undefined); // it goes by itself later
      await this.journals.discard(id);
      this.sources.delete(id);
      await this.list();
      return null;
    } catch (error) {
      return problemOf(error);
    }
  }

  private lineOf(transfer: string, { kind, peer, meeting, title, files, total }: About): Line {
    const direction = kind === "send" ? "send" : "receive";
    const verified = meeting !== null && (meeting.verified || meeting.mode === "code");
    return this.ledger.open({ id: transfer, direction, peer, verified, phase: "reconnecting", title, fileCount: files, total, text: null });
  }
}

function parkOf({ park, file }: About): Promise<ParkSecret | null> {
  return park === null ? Promise.resolve(null) : ParkSecret.of(park, file, VERSION);
}

async function bondOf({ meeting, peer }: About): Promise<Bond> {
  if (meeting === null) throw failure("not_found");
  const { secret, role, mode, verified, maySend, bundle } = meeting;
  return { secret: new ResumeSecret(secret), role, mode, verified, maySend, peer, bundle: bundle === null ? null : await Bundle.parse(bundle) };
}

/** A file of the same name and size may be another one. Seen before anybody is told anything: the other side goes on waiting. */
async function checked(about: About, sealing: Sealing, source: Source, notes: SendNotes): Promise<void> {
  const { marks } = sealing;
  try {
    await notes.checkBelow(sealing, source, { manifest: 0, content: marks.count("content"), bytes: 0 });
  } catch (error) {
    throw error instanceof PeersealError && error.code === "source_changed" ? otherFiles(about) : error;
  }
}

function engaged(): PeersealError {
  return new Refused("You are connected with somebody else.", { code: "engaged", hint: "Disconnect first, then resume it.", retryable: true });
}
