/** Who is signed in: from the last visit, by password, by words, in another tab; and what the page shows of it. */
import * as accounts from "../client/account.ts";
import { Api } from "../client/api.ts";
import { Contacts } from "../client/contacts.ts";
import { deviceLabel } from "../client/device_label.ts";
import { Keyring } from "../client/keyring.ts";
import type { Drawer } from "../client/drawer.ts";
import { ServedKeys } from "../client/served_keys.ts";
import { PeersealError, failure } from "../errors.ts";
import { hexEncode } from "../wire/encoding.ts";
import type { Board } from "./board.ts";
import { shownAccount } from "./faces.ts";
import { Keys, type Follower, type Topic } from "./keys.ts";
import { listen } from "./news.ts";
import { NO_ACCOUNT } from "./nobody.ts";
import { problemOfCall } from "./problem.ts";
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

export class People {
  readonly device: accounts.Device;
  private readonly board: Board;
  private readonly followers: readonly Follower[];
  /** The session is another one now: lines that were opened with the old one are opened anew. */
  private readonly sessionChanged: () => void;
  private readonly tabs: Tabs;
  private stay: Stay | null = null;
  private looking: Promise<unknown> = Promise.resolve();
  private pausing: ReturnType<typeof setTimeout> | null = null;

  constructor(base: string, drawer: Drawer, board: Board, followers: readonly Follower[], sessionChanged: () => void) {
    this.device = { base, api: new Api(base, undefined, board.paying), keyring: new Keyring(drawer, base), label: deviceLabel(navigator.userAgent) };
    this.board = board;
    this.followers = followers;
    this.sessionChanged = sessionChanged;
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

  /** Who is signed in; raises `not_signed_in` if nobody is. */
  get here(): accounts.Here {
    return this.mustStay().here;
  }

  /** Something about the account is otherwise now; the person and their keys are the same. */
  update(here: accounts.Here): void {
    this.mustStay().here = here;
    this.showAccount();
  }

  // --- who is here ---

  /** A step that ends with somebody signed in. */
  async enter(step: () => Promise<accounts.Here>): Promise<void> {
    this.board.set({ signingIn: true });
    try {
      const here = await step();
      this.begin(here, (await this.device.keyring.member())?.wordsShown ?? true);
      this.tellTabs();
      this.sessionChanged();
      if (here.identity === null && here.account.vault !== null) this.board.notice("vault_broken");
    } finally {
      this.board.set({ signingIn: false });
    }
  }

  /** A step that ends with nobody signed in; if it fails, everything goes on. */
  async leave(step: () => Promise<void>): Promise<void> {
    const before = this.mustStay();
    this.tabs.say("leaving");
    before.listening.abort();
    try {
      await step();
      this.over();
      this.sessionChanged();
    } catch (error) {
      this.listen(before);
      throw error;
    } finally {
      this.tabs.say("changed");
    }
  }

  /** From now on this is who is signed in. */
  begin(here: accounts.Here, wordsShown: boolean): void {
    this.over();
    const end = new AbortController();
    const { identity, account, server } = here;
    let keys: Keys | null = null;
    if (identity !== null) {
      const contacts = new Contacts(this.device.api, account.user, identity, this.device.keyring, (book) => {
        if (this.stay?.end !== end) return;
        for (const follower of this.followers) follower.bookChanged(book);
      });
      const served = new ServedKeys(this.device.api, () => {
        if (this.stay?.end !== end) return;
        for (const follower of this.followers) follower.news(new Set(["contacts"]));
      });
      keys = new Keys({ api: this.device.api, user: account.user, name: account.name, server, identity, contacts, served, signal: end.signal });
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
      const was = this.stay?.here ?? null;
      const before = was?.account.user ?? null;
      try {
        const here = await accounts.whoIsHere(this.device);
        if (here === null) {
          this.over();
          // The keys stay: a server's word must not destroy what may be the only copy.
          if (was !== null) this.board.notice("signed_out");
        } else this.goOn(here, (await this.device.keyring.member())?.wordsShown ?? true);
        if ((here?.account.user ?? null) !== before) this.sessionChanged();
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

  /** Session or keys are others now, also for the other tabs. */
  tellTabs(): void {
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

  showAccount(wordsShown = this.board.state.account?.wordsShown ?? true): void {
    const { stay } = this;
    if (stay !== null) this.board.set({ account: shownAccount(stay.here, wordsShown) });
  }

  // --- inside ---

  private mustStay(): Stay {
    if (this.stay === null) throw failure("not_signed_in");
    return this.stay;
  }
}

/** Tells people, and one person's keys, apart. */
function nameOf({ account, identity }: accounts.Here): string {
  return `${account.user} ${identity === null ? "" : hexEncode(identity.fingerprint)}`;
}
