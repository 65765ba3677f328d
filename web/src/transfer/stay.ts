/** What one signed-in person has stored, as the page shows it: looked at again whenever something of it changed. */
import type { Book } from "../protocol/book.ts";
import { hexEncode } from "../wire/encoding.ts";
import { storedProblem } from "./accusing.ts";
import type { Board } from "./board.ts";
import type { Keys } from "./keys.ts";
import { shelf, versionsOf, type ShelfItem } from "./shelf.ts";
import type { Problem, StoredVersion } from "./state.ts";
import { Reader } from "./trust.ts";
import { fetchFile } from "./versions.ts";

const AGAIN_MILLISECONDS = 5_000;

export class Stay {
  readonly keys: Keys;
  readonly reader: Reader;
  private readonly base: string;
  private readonly board: Board;
  private items: readonly ShelfItem[] | null = null;
  private readonly histories = new Map<string, readonly StoredVersion[]>();
  private readonly transfers = new Map<string, string>(); // file id: the errand about it
  private contacts = ""; // what of the book the shelf depends on
  private looking: Promise<Problem | null> | null = null;
  private lookAgain = false;
  private over = false;

  /** `base`: where links lead, unless the server is shareable under another address. */
  constructor(keys: Keys, base: string, board: Board) {
    this.keys = keys;
    this.reader = new Reader(keys);
    this.base = base;
    this.board = board;
  }

  /** Signed out: nothing of this is shown any more. */
  end(): void {
    this.over = true;
  }

  /** A file as it was last seen. */
  item(file: string): ShelfItem | undefined {
    return this.items?.find(({ id }) => id === file);
  }

  /** A version of it, if its history was loaded. */
  version(file: string, version: number): StoredVersion | undefined {
    return this.histories.get(file)?.find((one) => one.version === version);
  }

  /** An errand is about it now. */
  busy(file: string): boolean {
    return this.transfers.has(file);
  }

  // --- looking ---

  /** Looks at the shelf, once more if something changed while it was being looked at. */
  look(): Promise<Problem | null> {
    if (this.looking !== null) this.lookAgain = true;
    this.looking ??= this.lookOnce().finally(() => {
      this.looking = null;
    });
    return this.looking;
  }

  /** Looks again if the book says something else about who is on the shelf. */
  bookChanged(book: Book): void {
    if (this.items !== null && contactsIn(book) !== this.contacts) void this.look();
  }

  async loadVersions(file: string): Promise<void> {
    const { wire, owner, book } = await this.open(file);
    this.histories.set(file, await versionsOf(this.reader, wire, owner, book));
    this.show();
  }

  /** A file as the server gives it now, with whose it is and who may read it. Raises what fails the checks. */
  async open(file: string) {
    const { reader } = this;
    const book = await reader.keys.contacts.load();
    const wire = await fetchFile(reader, file);
    const owner = await reader.owner(wire, book);
    const access = await reader.access(wire, owner, book);
    return { wire, owner, book, access };
  }

  private async lookOnce(): Promise<Problem | null> {
    try {
      do {
        this.lookAgain = false;
        this.items = await shelf(this.reader, this.board.state.surroundings.shareable ?? this.base);
        this.contacts = contactsIn(await this.keys.contacts.book());
        for (const file of this.histories.keys()) await this.loadVersions(file).catch(() => this.histories.delete(file));
        this.show();
      } while (this.lookAgain && !this.over);
      return null;
    } catch (error) {
      const said = storedProblem(error);
      // The news come again when the line does; before anything was seen nobody would ask once more.
      if (this.items === null && said.retryable) setTimeout(() => { if (!this.over) void this.look(); }, AGAIN_MILLISECONDS);
      else if (!this.over && !said.retryable && said.code !== "not_signed_in") this.board.set({ notice: said });
      return said;
    }
  }

  // --- what is known before the next look ---

  /** Which errand is about a file now; null: none. */
  about(file: string, transfer: string | null): void {
    if (transfer === null) this.transfers.delete(file);
    else this.transfers.set(file, transfer);
    this.show();
  }

  /** Its upload is over, whatever came of it: until the next look says what is there, it is not "interrupted". */
  uploadOver(file: string): void {
    this.items = this.items?.map((item) => (item.id === file ? { ...item, arriving: false } : item)) ?? null;
    this.about(file, null);
  }

  gone(file: string): void {
    this.items = this.items?.filter(({ id }) => id !== file) ?? null;
  }

  private show(): void {
    if (this.over || this.items === null) return;
    const { histories, transfers } = this;
    this.board.set({ files: this.items.map((item) => ({ ...item, history: histories.get(item.id) ?? null, transfer: transfers.get(item.id) ?? null })) });
  }
}

/** What of the book the shelf shows: names and trust. */
function contactsIn(book: Book): string {
  return book.contacts.map(({ name, state, fingerprint }) => `${name} ${state} ${hexEncode(fingerprint)}`).join("\n");
}
