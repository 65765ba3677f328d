/** Contacts and key exchanges of the signed-in person: what the page shows of them, and its commands. */
import * as exchange from "../client/exchange.ts";
import { canonicalName } from "../crypto_engine.ts";
import { PeersealError, failure, hasCode } from "../errors.ts";
import type { Exchange } from "../wire/accounts.ts";
import { hexEncode } from "../wire/encoding.ts";
import type { Board } from "./board.ts";
import type { Actions, ContactCommandArgs } from "./bridge.ts";
import { shownContacts, shownRequest, strangersAsked } from "./faces.ts";
import type { Follower, Keys, Topic } from "./keys.ts";
import { NO_ACCOUNT } from "./nobody.ts";
import { problemOfCall } from "./problem.ts";
import type { Problem } from "./state.ts";

export class Circle implements Actions<ContactCommandArgs>, Follower {
  private readonly board: Board;
  /** The server says that the session is over, or another. */
  private readonly sessionLost: () => void;
  private keys: Keys | null = null;
  private rows: readonly Exchange[] = [];
  private offered: exchange.Offered = new Map();
  private steps = 0; // under way that change contacts and requests: both are shown when they are over
  private looking: Promise<unknown> = Promise.resolve();

  constructor(board: Board, sessionLost: () => void) {
    this.board = board;
    this.sessionLost = sessionLost;
  }

  // --- what the page asks ---

  requestKeys(name: string): Promise<Problem | null> {
    return this.step((keys) => exchange.ask(keys, name));
  }

  answerKeys(request: string, accept: boolean): Promise<Problem | null> {
    return this.step((keys) => (accept ? exchange.accept(keys, request, Date.now()) : exchange.decline(keys, request)));
  }

  withdrawKeys(request: string): Promise<Problem | null> {
    return this.step((keys) => exchange.withdraw(keys, request));
  }

  /** What was compared is what the page showed, whatever the server says by now. */
  verifyContact(name: string): Promise<Problem | null> {
    return this.step(async (keys) => {
      const user = canonicalName(name);
      const shown = this.board.state.contacts.find((contact) => contact.name === user);
      const known = keys.contacts.known?.contact(user);
      if (shown === undefined || known === undefined) throw failure("not_found", "There is no such contact.");
      if (!shown.changed) {
        if (hexEncode(known.fingerprint) !== shown.fingerprint) throw failure("key_changed");
        return exchange.verify(keys, user, known.fingerprint);
      }
      const offered = this.offered.get(user);
      if (offered === undefined || hexEncode(offered.fingerprint) !== shown.offered?.fingerprint) throw failure("key_changed");
      return exchange.replace(keys, user, offered);
    });
  }

  removeContact(name: string): Promise<Problem | null> {
    return this.step((keys) => exchange.remove(keys, name));
  }

  // --- following the account ---

  signedIn(keys: Keys): void {
    this.keys = keys;
  }

  signedOut(): void {
    this.keys = null;
    this.rows = [];
    this.offered = new Map();
    const { contacts, keyRequests } = NO_ACCOUNT;
    this.board.set({ contacts, keyRequests });
  }

  news(topics: ReadonlySet<Topic>): void {
    if (topics.has("exchanges") || topics.has("contacts")) void this.refresh();
  }

  bookChanged(): void {
    if (this.steps === 0) void this.show();
  }

  // --- inside ---

  /** One command; what it changed is shown when it is over, whatever came of it. */
  private async step(step: (keys: Keys) => Promise<unknown>): Promise<Problem | null> {
    const { keys } = this;
    this.steps++;
    try {
      if (keys === null) throw failure("not_signed_in", "Your keys are not in this browser.");
      await step(keys);
      return null;
    } catch (error) {
      if (hasCode(error, "csrf") || hasCode(error, "not_signed_in")) this.sessionLost();
      return problemOfCall(error);
    } finally {
      this.steps--;
      await this.refresh();
    }
  }

  /** Looks again, one look after the other: an older answer must not replace a newer one. */
  private refresh(): Promise<void> {
    this.steps++;
    const turn = this.looking.then(async () => {
      try {
        await this.look();
      } finally {
        this.steps--;
        if (this.steps === 0) await this.show();
      }
    });
    this.looking = turn.catch(() => undefined);
    return turn;
  }

  private async look(): Promise<void> {
    const { keys } = this;
    if (keys === null) return;
    try {
      const { rows, offered } = await exchange.look(keys, Date.now());
      if (this.keys !== keys) return;
      const book = await keys.contacts.book();
      this.rows = rows;
      this.offered = new Map([...offered, ...keys.served.offered(book)]);
      void keys.served.glance(book.contacts);
      void keys.served.meet(strangersAsked(rows, book));
    } catch (error) {
      // What cannot be fetched now is asked for with the next news; what does not hold is said.
      const passing = error instanceof PeersealError && (error.retryable || error.code === "not_signed_in");
      if (this.keys === keys && !passing) this.board.set({ notice: problemOfCall(error) });
    }
  }

  private async show(): Promise<void> {
    const { keys, rows, offered } = this;
    const book = keys?.contacts.known;
    if (keys === null || book == null) return;
    const own = keys.identity.fingerprint;
    const contacts = await shownContacts(book, own, offered);
    const keyRequests = await Promise.all(rows.map((row) => shownRequest(row, book, own, offered, keys.served)));
    const current = this.keys === keys && keys.contacts.known === book && this.rows === rows;
    if (current) this.board.set({ contacts, keyRequests });
  }
}
