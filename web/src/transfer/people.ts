/** Who is signed in: from the last visit, by password, by words, in another tab; what the page shows of it, its commands. */
import * as accounts from "../client/account.ts";
import { Api } from "../client/api.ts";
import { Contacts } from "../client/contacts.ts";
import { deviceLabel } from "../client/device_label.ts";
import { Keyring } from "../client/keyring.ts";
import type { Drawer } from "../client/drawer.ts";
import { wordsOf } from "../crypto_engine.ts";
import { PeersealError, failure } from "../errors.ts";
import { hexEncode } from "../wire/encoding.ts";
import type { AccountCommandArgs, Actions, Answers } from "./bridge.ts";
import type { Board } from "./board.ts";
import { shownAccount } from "./faces.ts";
import { Keys, type Follower, type Topic } from "./keys.ts";
import { listen } from "./news.ts";
import { NO_ACCOUNT } from "./nobody.ts";
import { problemOfCall } from "./problem.ts";
import type { Problem } from "./state.ts";
import { Tabs } from "./tabs.ts";

/** Another tab that said it leaves and then nothing more may be gone. */
const LEAVING_MILLISECONDS = 15_000;
const AGAIN_MILLISECONDS = 3_000;

/** A signed-in person while they are signed in. */
interface Stay {
  here: accounts.Here;
  readonly keys: Keys | null; // null: the keys are not in this browser
  readonly end: AbortController;
  listening: AbortController;
}

/** The meeting of peers, which goes by the session as well. */
export interface Line {
  /** The session is about to end, and a link with it: the peer is told before. */
  goodbye(): Promise<void>;
  /** The session is another one now: a line that was opened with the old one is opened anew. */
  sessionChanged(): void;
}

export class People implements Actions<AccountCommandArgs> {
  private readonly device: accounts.Device;
  private readonly board: Board;
  private readonly followers: readonly Follower[];
  private readonly line: Line;
  private readonly tabs: Tabs;
  private stay: Stay | null = null;
  private looking: Promise<unknown> = Promise.resolve();
  private pausing: ReturnType<typeof setTimeout> | null = null;

  constructor(base: string, drawer: Drawer, board: Board, followers: readonly Follower[], line: Line) {
    this.device = { base, api: new Api(base), keyring: new Keyring(drawer, base), label: deviceLabel(navigator.userAgent) };
    this.board = board;
    this.followers = followers;
    this.line = line;
    this.tabs = new Tabs(base, {
      leaving: () => {
        this.pause();
      },
      changed: () => void this.lookAgain(),
    });
  }

  /** The signed-in person's keys, if they are here. */
  get keys(): Keys | null {
    return this.stay?.keys ?? null;
  }

  /** Finds out who is still signed in from the last visit; tries again while the server is away. */
  async start(): Promise<void> {
    this.board.set({ signingIn: true });
    await this.lookAgain();
  }

  // --- the account ---

  createAccount(name: string, password: string, vault: boolean): Promise<Problem | null> {
    return this.enter(() => accounts.createAccount(this.device, name, password, vault));
  }

  signIn(name: string, password: string): Promise<Problem | null> {
    return this.enter(() => accounts.signIn(this.device, name, password));
  }

  recover(name: string, words: string, password: string): Promise<Problem | null> {
    return this.enter(() => accounts.recover(this.device, name, words, password));
  }

  signOut(): Promise<Problem | null> {
    return this.told(async () => {
      const { here } = this.mustStay();
      await this.line.goodbye();
      await this.leave(() => accounts.signOut(this.device, here.account.user));
    });
  }

  deleteAccount(password: string): Promise<Problem | null> {
    return this.told(async () => {
      const { here } = this.mustStay();
      await this.leave(() => accounts.deleteAccount(this.device, here, password));
    });
  }

  async recoveryWords(): Promise<readonly string[]> {
    const { stay } = this;
    if (stay === null || stay.keys === null) return [];
    const words = await wordsOf(stay.keys.identity.root);
    await this.device.keyring.wordsSeen();
    this.showAccount(true);
    return words;
  }

  restoreKeys(words: string): Promise<Problem | null> {
    return this.told(async () => {
      this.begin(await accounts.restoreKeys(this.device, this.mustStay().here, words), true);
      this.tabs.say("changed");
    });
  }

  changePassword(old: string, password: string): Promise<Problem | null> {
    return this.told(async () => {
      const stay = this.mustStay();
      stay.here = await accounts.changePassword(this.device, stay.here, old, password);
      this.renewed();
    });
  }

  setVault(password: string, vault: boolean): Promise<Problem | null> {
    return this.told(async () => {
      const stay = this.mustStay();
      stay.here = await accounts.setVault(this.device, stay.here, password, vault);
      this.showAccount();
    });
  }

  newKeys(password: string): Promise<Problem | null> {
    return this.told(async () => {
      const here = await accounts.newKeys(this.device, this.mustStay().here, password);
      this.begin(here, false);
      this.renewed();
    });
  }

  async sessions(): Promise<Answers["sessions"]> {
    if (this.stay === null) return [];
    const rows = await accounts.sessions(this.device).catch(() => []);
    return rows.map(({ id, label, kind, lastUsed, current }) => ({ id, label, kind, lastUsed, current }));
  }

  endSession(id: string): Promise<Problem | null> {
    return this.told(() => this.device.api.call("end_session", { session: id }));
  }

  // --- who is here ---

  /** Steps that end with somebody signed in. */
  private enter(step: () => Promise<accounts.Here>): Promise<Problem | null> {
    return this.told(async () => {
      this.board.set({ signingIn: true });
      try {
        const here = await step();
        this.begin(here, (await this.device.keyring.member())?.wordsShown ?? true);
        this.tabs.say("changed");
        this.line.sessionChanged();
        if (here.identity === null && here.account.vault !== null) this.board.notice("vault_broken");
      } finally {
        this.board.set({ signingIn: false });
      }
    });
  }

  /** Steps that end with nobody signed in; if they fail, everything goes on. */
  private async leave(step: () => Promise<void>): Promise<void> {
    const before = this.mustStay();
    this.tabs.say("leaving");
    before.listening.abort();
    try {
      await step();
      this.over();
      this.line.sessionChanged();
    } catch (error) {
      this.listen(before);
      throw error;
    } finally {
      this.tabs.say("changed");
    }
  }

  private begin(here: accounts.Here, wordsShown: boolean): void {
    this.over();
    const end = new AbortController();
    const { identity, account, server } = here;
    let keys: Keys | null = null;
    if (identity !== null) {
      const contacts = new Contacts(this.device.api, account.user, identity, this.device.keyring, (book) => {
        if (this.stay?.end !== end) return;
        for (const follower of this.followers) follower.bookChanged(book);
      });
      keys = new Keys({ api: this.device.api, user: account.user, name: account.name, server, identity, contacts, signal: end.signal });
    }
    const stay = { here, keys, end, listening: new AbortController() };
    this.stay = stay;
    this.showAccount(wordsShown);
    if (keys !== null) for (const follower of this.followers) follower.signedIn(keys);
    this.listen(stay);
  }

  private listen(stay: Stay): void {
    stay.listening.abort();
    stay.listening = new AbortController();
    const changed = (topics: ReadonlySet<Topic>): void => {
      if (this.stay === stay) this.news(topics);
    };
    void listen(this.device.api, { changed, ended: () => void this.lookAgain() }, stay.listening.signal);
  }

  /** Nobody is signed in here any more. */
  private over(): void {
    const { stay } = this;
    this.stay = null;
    stay?.listening.abort();
    stay?.end.abort();
    if (stay?.keys != null) for (const follower of this.followers) follower.signedOut();
    this.board.set({ account: NO_ACCOUNT.account });
  }

  /** Another tab ends the session: what would only be refused now waits. */
  private pause(): void {
    this.stay?.listening.abort();
    if (this.pausing !== null) clearTimeout(this.pausing);
    this.pausing = setTimeout(() => void this.lookAgain(), LEAVING_MILLISECONDS);
  }

  /** Who is signed in may have changed elsewhere. */
  lookAgain(): Promise<void> {
    const turn = this.looking.then(async () => {
      if (this.pausing !== null) clearTimeout(this.pausing);
      this.pausing = null;
      const before = this.stay?.here.account.user ?? null;
      try {
        const here = await accounts.whoIsHere(this.device);
        if (here === null) this.over();
        else this.goOn(here, (await this.device.keyring.member())?.wordsShown ?? true);
        if ((here?.account.user ?? null) !== before) this.line.sessionChanged();
      } catch (error) {
        if (error instanceof PeersealError && error.retryable) {
          setTimeout(() => void this.lookAgain(), AGAIN_MILLISECONDS);
          return; // whoever is signed in or not is not known yet
        }
        this.fail(error);
      }
      this.board.set({ signingIn: false });
    });
    this.looking = turn;
    return turn;
  }

  /** The same person with the same keys stays; anybody else begins. */
  private goOn(here: accounts.Here, wordsShown: boolean): void {
    const { stay } = this;
    if (stay === null || nameOf(stay.here) !== nameOf(here)) {
      this.begin(here, wordsShown);
      return;
    }
    stay.here = here;
    this.showAccount(wordsShown);
    if (stay.listening.signal.aborted) this.listen(stay);
  }

  private fail(error: unknown): void {
    this.over();
    this.board.set({ notice: problemOfCall(error) });
  }

  /** Session or keys are new, also for the other tabs. */
  private renewed(): void {
    this.showAccount();
    this.tabs.say("changed");
  }

  // --- what changes meanwhile ---

  private news(topics: ReadonlySet<Topic>): void {
    const { stay } = this;
    if (stay === null) return;
    if (topics.has("account") || topics.has("files")) void this.refreshAccount(stay);
    if (stay.keys !== null) for (const follower of this.followers) follower.news(topics);
  }

  private async refreshAccount(stay: Stay): Promise<void> {
    try {
      const { account } = await this.device.api.call("me", { signal: stay.end.signal });
      if (this.stay !== stay) return;
      const changed = hexEncode(account.bundle) !== hexEncode(stay.here.account.bundle);
      stay.here = { ...stay.here, account };
      if (changed) await this.lookAgain(); // new keys were made on another device
      else this.showAccount();
    } catch {
      // The news tell of the next change, and of the session's end.
    }
  }

  private showAccount(wordsShown = this.board.state.account?.wordsShown ?? true): void {
    const { stay } = this;
    if (stay !== null) this.board.set({ account: shownAccount(stay.here, wordsShown) });
  }

  // --- inside ---

  private async told(step: () => Promise<unknown>): Promise<Problem | null> {
    try {
      await step();
      return null;
    } catch (error) {
      if (accounts.hasCode(error, "csrf") || accounts.hasCode(error, "not_signed_in")) void this.lookAgain();
      return problemOfCall(error);
    }
  }

  private mustStay(): Stay {
    if (this.stay === null) throw failure("not_signed_in");
    return this.stay;
  }
}

/** Tells people, and one person's keys, apart. */
function nameOf({ account, identity }: accounts.Here): string {
  return `${account.user} ${identity === null ? "" : hexEncode(identity.fingerprint)}`;
}
