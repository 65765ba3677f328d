/** Signing out, and giving the account up: what it would cost is asked first, and whoever is out is not listed any more. */
import type { Engine } from "../../transfer/commands.ts";
import type { EngineState, Problem } from "../../transfer/state.ts";
import { unwritten } from "../remembered.ts";
import { say } from "../strings.ts";

export class SigningOut {
  /** What it would cost, while that is asked. */
  cost = $state.raw<{ readonly title: string; readonly text: string } | null>(null);
  /** Why it did not work. */
  refused = $state.raw<Problem | null>(null);
  /** What is said after the account is no more. */
  farewell = $state("");
  private readonly page: () => { readonly engine: Engine; readonly now: EngineState };
  private readonly begun: () => void;

  /** `begun`: it will be tried now. */
  constructor(page: () => { readonly engine: Engine; readonly now: EngineState }, begun: () => void) {
    this.page = page;
    this.begun = begun;
  }

  /** Keys that lie nowhere else are not forgotten by one click, and no upload is given up by one. */
  async ask(): Promise<void> {
    const { account, transfers } = this.page().now;
    if (account?.keys === "here" && !account.vault) {
      this.cost = { title: say.account.partTitle, text: say.account.partMeans(account.wordsShown && !unwritten(account.name)) };
    } else if (transfers.some(({ direction, phase, path }) => direction === "send" && path === "store" && phase === "moving")) {
      this.cost = { title: say.account.stopTitle, text: say.account.stopMeans };
    } else this.refused = await this.go();
  }

  go(): Promise<Problem | null> {
    this.begun();
    return this.outOfSight(this.page().engine.signOut());
  }

  async removeAccount(password: string): Promise<Problem | null> {
    const failed = await this.outOfSight(this.page().engine.deleteAccount(password));
    if (failed === null) this.farewell = say.account.removed;
    return failed;
  }

  /** Who is signed out is not listed under the account's name any more; a connection that stands goes on. */
  private async outOfSight(step: Promise<Problem | null>): Promise<Problem | null> {
    const failed = await step;
    const { engine, now } = this.page();
    if (failed === null && now.me !== null && now.link === null) await engine.leave();
    return failed;
  }
}
