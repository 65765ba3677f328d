/** The commands about the account, as the worker carries them out. */
import * as accounts from "../client/account.ts";
import * as upkeep from "../client/upkeep.ts";
import { wordsOf } from "../crypto_engine.ts";
import { hasCode } from "../errors.ts";
import type { AccountCommandArgs, Actions, Answers } from "./bridge.ts";
import type { People } from "./people.ts";
import { problemOfCall } from "./problem.ts";
import type { Problem } from "./state.ts";

export class AccountDesk implements Actions<AccountCommandArgs> {
  private readonly people: People;
  /** Ends a live link and gives up uploads in good form: both go by the session, which is about to end. */
  private readonly goodbye: () => Promise<void>;

  constructor(people: People, goodbye: () => Promise<void>) {
    this.people = people;
    this.goodbye = goodbye;
  }

  createAccount(name: string, password: string, vault: boolean, invite: string | null): Promise<Problem | null> {
    return this.told(({ device }) => this.people.enter(() => accounts.createAccount(device, name, password, vault, invite)));
  }

  signIn(name: string, password: string): Promise<Problem | null> {
    return this.told(({ device }) => this.people.enter(() => accounts.signIn(device, name, password)));
  }

  recover(name: string, words: string, password: string): Promise<Problem | null> {
    return this.told(({ device }) => this.people.enter(() => upkeep.recover(device, name, words, password)));
  }

  signOut(): Promise<Problem | null> {
    return this.told(async ({ device, here }) => {
      await this.goodbye();
      await this.people.leave(() => accounts.signOut(device, here.account.user));
    });
  }

  deleteAccount(password: string): Promise<Problem | null> {
    return this.told(({ device, here }) => this.people.leave(() => upkeep.deleteAccount(device, here, password)));
  }

  async recoveryWords(): Promise<readonly string[]> {
    const { keys, device } = this.people;
    if (keys === null) return [];
    const words = await wordsOf(keys.identity.root);
    await device.keyring.wordsSeen();
    this.people.showAccount(true);
    return words;
  }

  restoreKeys(words: string): Promise<Problem | null> {
    return this.told(async ({ device, here }) => {
      this.people.begin(await upkeep.restoreKeys(device, here, words), true);
      this.people.tellTabs();
    });
  }

  changePassword(old: string, password: string): Promise<Problem | null> {
    return this.told(async ({ device, here }) => {
      this.people.update(await upkeep.changePassword(device, here, old, password));
      this.people.tellTabs();
    });
  }

  setVault(password: string, vault: boolean): Promise<Problem | null> {
    return this.told(async ({ device, here }) => {
      this.people.update(await upkeep.setVault(device, here, password, vault));
    });
  }

  newKeys(password: string): Promise<Problem | null> {
    return this.told(async ({ device, here }) => {
      this.people.begin(await upkeep.newKeys(device, here, password), false);
      this.people.tellTabs();
    });
  }

  async sessions(): Promise<Answers["sessions"]> {
    const rows = await upkeep.sessions(this.people.device).catch(() => []);
    return rows.map(({ id, label, kind, lastUsed, current }) => ({ id, label, kind, lastUsed, current }));
  }

  endSession(id: string): Promise<Problem | null> {
    return this.told(({ device }) => device.api.call("end_session", { session: id }));
  }

  /** A step, and what went wrong with it. */
  private async told(step: (people: People) => Promise<unknown>): Promise<Problem | null> {
    try {
      await step(this.people);
      return null;
    } catch (error) {
      if (hasCode(error, "csrf") || hasCode(error, "not_signed_in")) void this.people.lookAgain();
      return problemOfCall(error);
    }
  }
}
