/** The stored files of who is signed in: the shelf the page shows, and what can be done with what lies on it. */
import { fileSource, textSource, type Source } from "../files/source.ts";
import type { StoreKind } from "../files/stores.ts";
import { NotFound, PeersealError, failure } from "../errors.ts";
import type { Book } from "../protocol/book.ts";
import { readClosing } from "../protocol/heads.ts";
import { ChunkStore, Tickets } from "../transport/store.ts";
import { hexEncode } from "../wire/encoding.ts";
import { accusing, storedProblem } from "./accusing.ts";
import type { Board } from "./board.ts";
import type { About } from "./about.ts";
import type { Actions, FromWorker, SaveInto, ShelfCommandArgs } from "./bridge.ts";
import { newFileFor, nextVersionOf, type Destination } from "./destination.ts";
import { download, type Origin } from "./download.ts";
import { DownloadNotes } from "./download_notes.ts";
import type { Errands } from "./errands.ts";
import type { Journals } from "./journals.ts";
import type { Follower, Keys, Topic } from "./keys.ts";
import type { Line } from "./ledger.ts";
import { storedSource } from "./reseal.ts";
import { abandonUpload, deleteFile, makeLink, revokeLink, setExpiry, share, unshare, type LinkWish } from "./sharing.ts";
import { shelf, versionsOf, type ShelfItem } from "./shelf.ts";
import type { OutgoingItem, Problem, StoredVersion } from "./state.ts";
import { title } from "./titles.ts";
import { Reader, type Owner, type Sealed } from "./trust.ts";
import { upload } from "./upload.ts";
import { UploadNotes } from "./upload_notes.ts";
import { fetchFile, newest, numbered, seenOf } from "./versions.ts";

/** How a message is called in lists: its first line, so far. */
const TEXT_TITLE_CHARACTERS = 60;
const AGAIN_MILLISECONDS = 5_000;

/** One person's files, while they are signed in. */
interface Stay {
  readonly keys: Keys;
  readonly reader: Reader;
  items: readonly ShelfItem[] | null;
  readonly histories: Map<string, readonly StoredVersion[]>;
  readonly transfers: Map<string, string>; // file id: the errand about it
  contacts: string; // what of the book the shelf depends on
  looking: Promise<Problem | null> | null;
  lookAgain: boolean;
}

export class Stored implements Follower, Actions<ShelfCommandArgs> {
  private readonly base: string;
  private readonly board: Board;
  private readonly stores: StoreKind;
  private readonly errands: Errands;
  private readonly journals: Journals | null;
  private readonly post: (message: FromWorker) => void;
  private stay: Stay | null = null;
  /** Hears of an upload that can be gone on with, and what it reads from. */
  onInterrupted: (journal: string, source: Source) => void = () => undefined;

  /** `journals`: where downloads are written down; null where nothing outlasts a visit. */
  constructor(base: string, board: Board, stores: StoreKind, errands: Errands, journals: Journals | null, post: (message: FromWorker) => void) {
    this.journals = journals;
    this.base = base;
    this.board = board;
    this.stores = stores;
    this.errands = errands;
    this.post = post;
  }

  // --- who is signed in ---

  signedIn(keys: Keys): void {
    this.stay = {
      keys, reader: new Reader(keys), items: null, histories: new Map(), transfers: new Map(), contacts: "", looking: null, lookAgain: false,
    };
    void this.look(this.stay);
    this.journals?.onFreed();
  }

  signedOut(): void {
    this.stay = null;
    this.journals?.onFreed();
    this.errands.forgetPersonal();
    this.board.set({ files: null });
  }

  news(topics: ReadonlySet<Topic>): void {
    if (this.stay !== null && topics.has("files")) void this.look(this.stay);
  }

  bookChanged(book: Book): void {
    const { stay } = this;
    if (stay === null || stay.items === null || contactsIn(book) === stay.contacts) return;
    void this.look(stay);
  }

  // --- leaving files ---

  upload(transfer: string, items: readonly OutgoingItem[], to: readonly string[], expires: number | null): Promise<void> {
    return this.leave(transfer, fileSource(items), "", null, () => newFileFor(this.must().keys, to, expires));
  }

  uploadText(transfer: string, text: string, to: readonly string[], expires: number | null): Promise<void> {
    const first = text.trim().split(/\r?\n/, 1)[0] ?? "";
    const name = Array.from(first).slice(0, TEXT_TITLE_CHARACTERS).join("");
    return this.leave(transfer, textSource(text), name, text, () => newFileFor(this.must().keys, to, expires));
  }

  update(transfer: string, file: string, items: readonly OutgoingItem[]): Promise<void> {
    return this.leave(transfer, fileSource(items), "", null, () => nextVersionOf(this.must().reader, file));
  }

  /** Makes an older version the newest again, under a fresh key. */
  async restore(transfer: string, file: string, version: number): Promise<void> {
    const stay = this.must();
    const shown = stay.histories.get(file)?.find((one) => one.version === version);
    const what = { id: transfer, direction: "send", title: shown?.title ?? "", fileCount: shown?.files ?? 0, total: shown?.bytes ?? null, text: null } as const;
    await this.errands.run({ ...what, who: stay.keys.name }, stay.keys.signal, async (line, signal) => {
      const { reader } = stay;
      const { wire, owner, book } = await this.open(stay, file);
      const sealed = await numbered(reader, wire, owner, book, version);
      const tickets = this.downloadTickets(stay.keys, sealed);
      const source = await storedSource(sealed, new ChunkStore(this.base, tickets, { signal }));
      line.set({ title: sealed.card.title, total: source.bytes });
      await this.carry(stay, line, { source, title: sealed.card.title }, await nextVersionOf(reader, file), signal);
      return null;
    });
    await this.look(stay);
  }

  // --- opening files ---

  async download(transfer: string, file: string, version: number | null, into: SaveInto | null): Promise<void> {
    const stay = this.must();
    const item = stay.items?.find(({ id }) => id === file);
    const what = { id: transfer, direction: "receive", title: item?.title ?? "", fileCount: item?.files ?? 0, total: item?.bytes ?? null, text: null } as const;
    await this.errands.run({ ...what, who: item?.owner ?? "", verified: item?.ownerTrust === "verified" }, stay.keys.signal, async (line, signal) => {
      this.about(stay, file, transfer);
      try {
        return await this.fetch(stay, file, version, into, line, signal);
      } finally {
        this.about(stay, file, null);
      }
    });
  }

  loadHistory(file: string): Promise<Problem | null> {
    return this.told(async (stay) => {
      await this.loadVersions(stay, file);
    });
  }

  // --- who may read them ---

  share(file: string, name: string): Promise<Problem | null> {
    return this.changed((stay) => share(stay.reader, file, name));
  }

  unshare(file: string, name: string): Promise<Problem | null> {
    return this.changed((stay) => {
      const mine = stay.items?.find(({ id }) => id === file)?.mine ?? true;
      return mine ? unshare(stay.reader, file, name) : deleteFile(stay.reader, file, false); // somebody else's: it is left
    });
  }

  makeLink(file: string, wish: LinkWish): Promise<Problem | null> {
    return this.changed((stay) => makeLink(stay.reader, file, wish));
  }

  revokeLink(file: string, link: string): Promise<Problem | null> {
    return this.changed((stay) => revokeLink(stay.reader, file, link));
  }

  setExpiry(file: string, expires: number | null): Promise<Problem | null> {
    return this.changed((stay) => setExpiry(stay.reader, file, expires));
  }

  deleteFile(file: string): Promise<Problem | null> {
    return this.changed(async (stay) => {
      const item = stay.items?.find(({ id }) => id === file);
      if (item === undefined) throw new NotFound("This file is gone already.");
      await deleteFile(stay.reader, file, item.mine);
      stay.items = stay.items?.filter(({ id }) => id !== file) ?? null;
    });
  }

  abandonUpload(file: string): Promise<Problem | null> {
    return this.changed((stay) => {
      if (stay.transfers.has(file)) throw failure("busy");
      return abandonUpload(stay.reader, file);
    });
  }

  refreshFiles(): Promise<Problem | null> {
    const { stay } = this;
    return stay === null ? Promise.resolve(storedProblem(failure("not_signed_in"))) : this.look(stay);
  }

  // --- looking ---

  /** Looks at the shelf, once more if something changed while it was being looked at. */
  private look(stay: Stay): Promise<Problem | null> {
    if (stay.looking !== null) stay.lookAgain = true;
    stay.looking ??= this.lookOnce(stay).finally(() => {
      stay.looking = null;
    });
    return stay.looking;
  }

  private async lookOnce(stay: Stay): Promise<Problem | null> {
    try {
      do {
        stay.lookAgain = false;
        stay.items = await shelf(stay.reader, this.board.state.surroundings.shareable ?? this.base);
        stay.contacts = contactsIn(await stay.keys.contacts.book());
        for (const file of stay.histories.keys()) await this.loadVersions(stay, file).catch(() => stay.histories.delete(file));
        this.show(stay);
      } while (stay.lookAgain && this.stay === stay);
      return null;
    } catch (error) {
      const said = storedProblem(error);
      // The news come again when the line does; before anything was seen nobody would ask once more.
      if (stay.items === null && said.retryable) setTimeout(() => { if (this.stay === stay) void this.look(stay); }, AGAIN_MILLISECONDS);
      else if (this.stay === stay && !said.retryable && said.code !== "not_signed_in") this.board.set({ notice: said });
      return said;
    }
  }

  private show(stay: Stay): void {
    if (this.stay !== stay || stay.items === null) return;
    const { histories, transfers } = stay;
    this.board.set({ files: stay.items.map((item) => ({ ...item, history: histories.get(item.id) ?? null, transfer: transfers.get(item.id) ?? null })) });
  }

  private async loadVersions(stay: Stay, file: string): Promise<void> {
    const { wire, owner, book } = await this.open(stay, file);
    stay.histories.set(file, await versionsOf(stay.reader, wire, owner, book));
    this.show(stay);
  }

  private async open({ reader }: Stay, file: string) {
    const book = await reader.keys.contacts.load();
    const wire = await fetchFile(reader, file);
    const owner = await reader.owner(wire, book);
    const access = await reader.access(wire, owner, book);
    return { wire, owner, book, access };
  }

  // --- carrying ---

  /** Goes on with the upload of this journal; gives what went wrong. */
  async resumeUpload(transfer: string, journal: string, about: About, source: Source): Promise<unknown> {
    const stay = this.must();
    const what = { id: transfer, direction: "send", title: about.title, fileCount: about.files, total: about.total, text: null } as const;
    const error = await this.errands.run({ ...what, who: about.peer.name }, stay.keys.signal, async (line, signal) => {
      line.files(source.entries.map(({ path, size, kind }) => ({ path, size, kind, done: 0 })));
      const { journals } = this;
      const notes = journals === null ? null : await UploadNotes.take(journals, line, stay.keys.name, journal);
      if (notes === null) throw failure("busy");
      try {
        const { upload: name } = about.stored!;
        if ((await stay.keys.api.call("upload", { upload: name })).state === "committed") {
          await notes.ended(); // its last visit did not hear so
          return null;
        }
        const destination = await nextVersionOf(stay.reader, about.stored!.file);
        if (destination.version !== about.stored!.version) throw await destination.conflict();
        await this.carry(stay, line, { source, title: about.title }, destination, signal, notes);
      } catch (error) {
        await notes.ended(error);
        throw error;
      }
      return null;
    });
    await this.look(stay);
    return error;
  }

  /** Gives up an upload of this account, by the server's name for it. */
  async abandon(upload: string): Promise<void> {
    const stay = this.must();
    await stay.keys.api.call("abandon", { upload });
    void this.look(stay);
  }

  private async leave(transfer: string, source: Source, name: string, text: string | null, to: () => Promise<Destination>): Promise<void> {
    const stay = this.must();
    const { entries, bytes } = source;
    const files = entries.filter(({ kind }) => kind !== "directory").length;
    const what = { id: transfer, direction: "send", title: title(entries, files), fileCount: files, total: bytes, text } as const;
    await this.errands.run({ ...what, who: stay.keys.name }, stay.keys.signal, async (line, signal) => {
      line.files(entries.map(({ path, size, kind }) => ({ path, size, kind, done: 0 })));
      await this.carry(stay, line, { source, title: text === null ? what.title : name }, await to(), signal, this.journals === null ? null : UploadNotes.fresh(this.journals, line, stay.keys.name));
      return null;
    });
    await this.look(stay);
  }

  private async carry(
    stay: Stay, line: Line, what: { readonly source: Source; readonly title: string }, destination: Destination, signal: AbortSignal, notes: UploadNotes | null = null,
  ): Promise<void> {
    const file = hexEncode(destination.id);
    const to = destination.recipients.length === 0 ? stay.keys.name : destination.recipients.join(", ");
    line.set({ peer: { ...line.snapshot.peer, name: to, account: to } });
    this.about(stay, file, line.id);
    try {
      let went = false;
      const ears = {
        begun: () => { this.journals?.onFreed(); void this.look(stay); },
        at: (stored: number) => {
          if (!went && notes?.goesOn === true) line.wentOn(stored);
          went = true;
          line.at(stored);
          notes?.at(stored);
        },
      };
      await upload(stay.keys, this.base, { ...what, destination }, ears, signal, notes);
      await notes?.ended();
    } catch (error) {
      const wrong = error instanceof PeersealError && error.code === "other_files";
      if (notes?.stays(error) === true && !wrong) this.onInterrupted(notes.name, what.source);
      await notes?.ended(error);
      throw error;
    } finally {
      // Over, whatever came of it: the next look says what is there; until then it is not "interrupted".
      stay.items = stay.items?.map((item) => (item.id === file ? { ...item, arriving: false } : item)) ?? null;
      this.about(stay, file, null);
    }
  }

  private async fetch(stay: Stay, file: string, version: number | null, into: SaveInto | null, line: Line, signal: AbortSignal): Promise<string | null> {
    const { reader, keys } = stay;
    const { wire, owner, book, access } = await this.open(stay, file);
    const sealed = version === null ? await newest(reader, wire, owner, book) : await numbered(reader, wire, owner, book, version);
    line.set({ title: sealed.card.title === "" && sealed.card.text ? "A message" : sealed.card.title, fileCount: sealed.card.files, total: sealed.card.bytes });
    const ears = {
      listed: line.files.bind(line),
      at: line.at.bind(line),
      saving: () => { line.set({ phase: "saving" }); },
    };
    const wanted = { account: keys.name, file, version };
    const notes = this.journals === null || into !== null ? null : await DownloadNotes.find(this.journals, line, wanted, sealed);
    const { delivery, closing } = await download(sealed, this.origin(stay, file, sealed, owner), { into, stores: this.stores, notes }, ears, signal).catch(async (error: unknown) => {
      await notes?.ended(error);
      throw error;
    });
    for (const { name, blob } of delivery.downloads) this.post({ type: "save", name, blob });
    await notes?.ended(null, true);
    // An older version was judged by the newest one; what the book does not learn now it learns with the next look.
    if (version === null) await keys.contacts.remember(seenOf(sealed, closing, access)).catch(() => undefined);
    return delivery.text;
  }

  private origin(stay: Stay, file: string, sealed: Sealed, owner: Owner): Origin {
    return {
      base: this.base,
      tickets: this.downloadTickets(stay.keys, sealed),
      again: async () => {
        const { current } = await fetchFile(stay.reader, file);
        if (current === null) return null;
        if (current.upload !== sealed.upload) throw givenUpMeanwhile();
        if (current.closing === null) return null;
        const signed = current.closing;
        return accusing(owner.name, () => readClosing(signed, owner.bundle, sealed.opening));
      },
    };
  }

  private downloadTickets({ api }: Keys, { upload: name }: Sealed): Tickets {
    return new Tickets(() => api.call("store_ticket", { upload: name, body: { purpose: "download" } }));
  }

  /** Which errand is about a file now; null: none. */
  private about(stay: Stay, file: string, transfer: string | null): void {
    if (transfer === null) stay.transfers.delete(file);
    else stay.transfers.set(file, transfer);
    this.show(stay);
  }

  // --- inside ---

  private changed(step: (stay: Stay) => Promise<unknown>): Promise<Problem | null> {
    return this.told(async (stay) => {
      try {
        await step(stay);
      } finally {
        await this.look(stay);
      }
    });
  }

  private async told(step: (stay: Stay) => Promise<unknown>): Promise<Problem | null> {
    try {
      await step(this.must());
      return null;
    } catch (error) {
      return storedProblem(error);
    }
  }

  private must(): Stay {
    if (this.stay === null) throw failure("not_signed_in");
    return this.stay;
  }
}

function givenUpMeanwhile(): NotFound {
  return new NotFound("The upload of this was given up, and another one is there instead.", { hint: "Download it again." });
}

/** What of the book the shelf shows: names and trust. */
function contactsIn(book: Book): string {
  return book.contacts.map(({ name, state, fingerprint }) => `${name} ${state} ${hexEncode(fingerprint)}`).join("\n");
}
