/** The stored files of who is signed in: what can be asked for what lies on the shelf, and by whom it is done. */
import { fileSource, textSource, type Source } from "../files/source.ts";
import type { StoreKind } from "../files/stores.ts";
import { NotFound, failure } from "../errors.ts";
import type { Book } from "../protocol/book.ts";
import type { About } from "./about.ts";
import { storedProblem } from "./accusing.ts";
import type { Board } from "./board.ts";
import type { Actions, FromWorker, SaveInto, ShelfCommandArgs } from "./bridge.ts";
import { newFileFor, nextVersionOf } from "./destination.ts";
import type { Errands } from "./errands.ts";
import { Fetching } from "./fetching.ts";
import type { Journals } from "./journals.ts";
import type { Follower, Keys, Topic } from "./keys.ts";
import { Leaving } from "./leaving.ts";
import { abandonUpload, deleteFile, makeLink, revokeLink, setExpiry, share, unshare, type LinkWish } from "./sharing.ts";
import type { OutgoingItem, Problem } from "./state.ts";
import { Stay } from "./stay.ts";

/** How a message is called in lists: its first line, so far. */
const TEXT_TITLE_CHARACTERS = 60;

export class Stored implements Follower, Actions<ShelfCommandArgs> {
  private readonly base: string;
  private readonly board: Board;
  private readonly errands: Errands;
  private readonly journals: Journals | null;
  private readonly leaving: Leaving;
  private readonly fetching: Fetching;
  private stay: Stay | null = null;
  /** Hears of an upload that can be gone on with, and what it reads from. */
  onInterrupted: (journal: string, source: Source) => void = () => undefined;

  /** `journals`: null where nothing outlasts a visit. */
  constructor(base: string, board: Board, stores: StoreKind, errands: Errands, journals: Journals | null, post: (message: FromWorker) => void) {
    this.base = base;
    this.board = board;
    this.errands = errands;
    this.journals = journals;
    this.leaving = new Leaving(base, errands, journals, (journal, source) => { this.onInterrupted(journal, source); });
    this.fetching = new Fetching(base, stores, errands, journals, post);
  }

  // --- who is signed in ---

  signedIn(keys: Keys): void {
    this.stay?.end();
    this.stay = new Stay(keys, this.base, this.board);
    void this.stay.look();
    this.journals?.onFreed();
  }

  signedOut(): void {
    this.stay?.end();
    this.stay = null;
    this.journals?.onFreed();
    this.errands.forgetPersonal();
    this.board.set({ files: null });
  }

  news(topics: ReadonlySet<Topic>): void {
    if (topics.has("files")) void this.stay?.look();
  }

  bookChanged(book: Book): void {
    this.stay?.bookChanged(book);
  }

  // --- leaving files ---

  async upload(transfer: string, items: readonly OutgoingItem[], to: readonly string[], expires: number | null): Promise<void> {
    const stay = this.must();
    return this.leaving.leave(stay, transfer, fileSource(items), null, () => newFileFor(stay.keys, to, expires));
  }

  async uploadText(transfer: string, text: string, to: readonly string[], expires: number | null): Promise<void> {
    const stay = this.must();
    const first = text.trim().split(/\r?\n/, 1)[0] ?? "";
    const name = Array.from(first).slice(0, TEXT_TITLE_CHARACTERS).join("");
    return this.leaving.leave(stay, transfer, textSource(text), { name, text }, () => newFileFor(stay.keys, to, expires));
  }

  async update(transfer: string, file: string, items: readonly OutgoingItem[]): Promise<void> {
    const stay = this.must();
    return this.leaving.leave(stay, transfer, fileSource(items), null, () => nextVersionOf(stay.reader, file));
  }

  async restore(transfer: string, file: string, version: number): Promise<void> {
    return this.leaving.restore(this.must(), transfer, file, version);
  }

  /** Goes on with the upload of this journal; gives what went wrong. */
  async resumeUpload(transfer: string, journal: string, about: About, source: Source): Promise<unknown> {
    return this.leaving.goOn(this.must(), transfer, journal, about, source);
  }

  /** Gives up an upload of this account, by the server's name for it. */
  async abandon(upload: string): Promise<void> {
    const stay = this.must();
    await stay.keys.api.call("abandon", { upload });
    void stay.look();
  }

  // --- opening files ---

  async download(transfer: string, file: string, version: number | null, into: SaveInto | null): Promise<void> {
    return this.fetching.fetch(this.must(), transfer, file, version, into);
  }

  loadHistory(file: string): Promise<Problem | null> {
    return this.told((stay) => stay.loadVersions(file));
  }

  refreshFiles(): Promise<Problem | null> {
    return this.stay?.look() ?? Promise.resolve(storedProblem(failure("not_signed_in")));
  }

  // --- who may read them, and how long ---

  share(file: string, name: string): Promise<Problem | null> {
    return this.changed((stay) => share(stay.reader, file, name));
  }

  unshare(file: string, name: string): Promise<Problem | null> {
    return this.changed((stay) => {
      const mine = stay.item(file)?.mine ?? true;
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
      const item = stay.item(file);
      if (item === undefined) throw new NotFound("This file is gone already.");
      await deleteFile(stay.reader, file, item.mine);
      stay.gone(file);
    });
  }

  abandonUpload(file: string): Promise<Problem | null> {
    return this.changed((stay) => {
      if (stay.busy(file)) throw failure("busy");
      return abandonUpload(stay.reader, file);
    });
  }

  // --- inside ---

  private changed(step: (stay: Stay) => Promise<unknown>): Promise<Problem | null> {
    return this.told(async (stay) => {
      try {
        await step(stay);
      } finally {
        await stay.look();
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
