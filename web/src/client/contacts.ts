/** The contact book, kept in step with the server's copy (protocol.md §11): fetched, judged, changed, stored.
 *
 * Nobody is in it whose keys did not come through a key exchange of this account, and nothing is ever sealed for keys
 * from anywhere else.
 */
import { NO_BOOK, openBook, sealBook, sha256, type Identity } from "../crypto_engine.ts";
import { Interrupted, PeersealError, ServerUnreachable, TimedOut, failure } from "../errors.ts";
import { Book, type FileSeen } from "../protocol/book.ts";
import { judgeBook, type BookSeen } from "../protocol/rollback.ts";
import { sameBytes } from "../wire/encoding.ts";
import type { Api } from "./api.ts";
import type { Keyring } from "./keyring.ts";

/** Other devices of the account change the book too; so many times in a row they do not. */
const TRIES = 8;

/** A change of the book: the same for the same book, because it may be applied several times. */
export type Change = (book: Book) => Book;

export class Contacts {
  readonly #api: Api;
  readonly #identity: Identity;
  readonly #user: string;
  readonly #keyring: Keyring;
  readonly #changed: (book: Book) => void;
  #book: Book | null = null;
  #seen: BookSeen | null = null;
  #last: Promise<unknown> = Promise.resolve();

  /** The book of the account `user` (canonical), whose keys are `identity`; `changed` hears each newer one. */
  constructor(api: Api, user: string, identity: Identity, keyring: Keyring, changed: (book: Book) => void = () => undefined) {
    this.#api = api;
    this.#user = user;
    this.#identity = identity;
    this.#keyring = keyring;
    this.#changed = changed;
  }

  /** The book as last loaded or stored; null if it never was. */
  get known(): Book | null {
    return this.#book;
  }

  /** As `known`, loaded now if it never was. Raises as `load`. */
  async book(): Promise<Book> {
    return this.#book ?? this.load();
  }

  /** The newest book the server has; `rolled_back` if it is older or another than one seen here. */
  load(): Promise<Book> {
    return this.#inTurn(() => this.#load());
  }

  /** Applies a change to the newest book and stores it, again if another device was quicker. Raises what `apply` raises. */
  change(apply: Change): Promise<Book> {
    return this.#inTurn(async () => {
      for (let tries = 0; tries < TRIES; tries++) {
        const before = await this.#load();
        const book = apply(before);
        if (book === before || sameBytes(book.encode(), before.encode())) return before;
        if (await this.#store(book)) return book;
      }
      throw failure("stale", "Your contact book is being changed somewhere else all the time.");
    });
  }

  /** Remembers what was seen of a file, if it is more than the book has. Raises `unknown_owner`, `rolled_back`. */
  remember(seen: FileSeen): Promise<Book> {
    return this.change((book) => {
      const after = book.remember(seen);
      const [was, is] = [book.file(seen.id), after.file(seen.id)];
      const nothingNew = was !== undefined && is !== undefined && was.version === is.version && was.access === is.access;
      return nothingNew ? book : after;
    });
  }

  async #load(): Promise<Book> {
    // What was seen is read first: another tab may store a newer book while the server answers.
    const seen = await this.#keyring.bookSeen(this.#user, this.#identity.fingerprint);
    const served = await this.#api.call("book", {});
    const opened = served.book === null ? null : await openBook(this.#identity, served.book);
    if (served.counter !== (opened?.counter ?? 0)) throw failure("rolled_back");
    const now = judgeBook(later(seen, this.#seen), opened);
    return this.#keep(opened === null ? Book.EMPTY : await Book.decode(opened.plaintext), now);
  }

  /** Whether it was stored; false if another device was quicker, or nobody knows. */
  async #store(book: Book): Promise<boolean> {
    const [counter, previous] = [this.#seen?.counter ?? 0, this.#seen?.hash ?? NO_BOOK];
    const sealed = await sealBook(this.#identity, counter + 1, previous, book.encode());
    try {
      await this.#api.call("store_book", { body: { counter: counter + 1, book: sealed }, ifMatch: counter });
    } catch (error) {
      if (mayBeStored(error) || (error instanceof PeersealError && RACED.has(error.code))) return false;
      throw error;
    }
    await this.#keep(book, { counter: counter + 1, hash: await sha256(sealed) });
    return true;
  }

  async #keep(book: Book, seen: BookSeen | null): Promise<Book> {
    if (seen !== null) await this.#keyring.seeBook(this.#user, this.#identity.fingerprint, seen);
    const news = this.#book === null || seen?.counter !== this.#seen?.counter;
    this.#book = book;
    this.#seen = seen;
    if (news) this.#changed(book);
    return book;
  }

  #inTurn<T>(step: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(step);
    this.#last = turn.catch(() => undefined);
    return turn;
  }
}

const RACED = new Set(["stale", "conflict"]);

/** The answer was lost: looking again tells. */
function mayBeStored(error: unknown): boolean {
  return error instanceof Interrupted || error instanceof TimedOut || (error instanceof ServerUnreachable && error.code === "server_unreachable");
}

function later(one: BookSeen | null, other: BookSeen | null): BookSeen | null {
  if (one === null || other === null) return one ?? other;
  return one.counter >= other.counter ? one : other;
}
