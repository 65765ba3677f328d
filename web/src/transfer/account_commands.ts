/** The account and contact commands of the page, as they are asked of the worker. */
import type { AnswerOf } from "./bridge.ts";
import { StoredCommands } from "./stored_commands.ts";
import type { Problem } from "./state.ts";

export abstract class AccountCommands extends StoredCommands {
  createAccount(name: string, password: string, vault: boolean, invite: string | null): Promise<Problem | null> {
    return this.told("createAccount", [name, password, vault, invite]);
  }

  signIn(name: string, password: string): Promise<Problem | null> {
    return this.told("signIn", [name, password]);
  }

  signOut(): Promise<Problem | null> {
    return this.told("signOut", []);
  }

  async recoveryWords(): Promise<readonly string[]> {
    return (await this.ask("recoveryWords", [])) ?? [];
  }

  restoreKeys(words: string): Promise<Problem | null> {
    return this.told("restoreKeys", [words]);
  }

  recover(name: string, words: string, password: string): Promise<Problem | null> {
    return this.told("recover", [name, words, password]);
  }

  changePassword(old: string, password: string): Promise<Problem | null> {
    return this.told("changePassword", [old, password]);
  }

  setVault(password: string, vault: boolean): Promise<Problem | null> {
    return this.told("setVault", [password, vault]);
  }

  newKeys(password: string): Promise<Problem | null> {
    return this.told("newKeys", [password]);
  }

  deleteAccount(password: string): Promise<Problem | null> {
    return this.told("deleteAccount", [password]);
  }

  async sessions(): Promise<AnswerOf<"sessions">> {
    return (await this.ask("sessions", [])) ?? [];
  }

  endSession(id: string): Promise<Problem | null> {
    return this.told("endSession", [id]);
  }

  requestKeys(name: string): Promise<Problem | null> {
    return this.told("requestKeys", [name]);
  }

  answerKeys(request: string, accept: boolean): Promise<Problem | null> {
    return this.told("answerKeys", [request, accept]);
  }

  withdrawKeys(request: string): Promise<Problem | null> {
    return this.told("withdrawKeys", [request]);
  }

  verifyContact(name: string): Promise<Problem | null> {
    return this.told("verifyContact", [name]);
  }

  removeContact(name: string): Promise<Problem | null> {
    return this.told("removeContact", [name]);
  }
}
