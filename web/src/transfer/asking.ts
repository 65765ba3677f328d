/** The page's side of commands: each goes to the worker and comes back with what it gave. */
import type { AnswerOf, CommandName, Commands, ToldCommand } from "./bridge.ts";
import { problem } from "./problem.ts";
import type { Problem } from "./state.ts";

export abstract class Asking {
  /** Says one command; a worker that is gone answers undefined. */
  protected abstract ask<Name extends CommandName>(name: Name, args: Commands[Name]): Promise<AnswerOf<Name> | undefined>;

  /** A command that says what went wrong, null if nothing did. */
  protected async told<Name extends ToldCommand>(name: Name, args: Commands[Name]): Promise<Problem | null> {
    const answer = await this.ask(name, args);
    return answer === undefined ? problem("page_failed") : answer;
  }
}
