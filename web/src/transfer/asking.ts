/** The page's side of commands: each goes to the worker and comes back with what it gave. */
import type { AnswerOf, CommandName, Commands } from "./bridge.ts";

export abstract class Asking {
  /** Says one command; a worker that is gone answers undefined. */
  protected abstract ask<Name extends CommandName>(name: Name, args: Commands[Name]): Promise<AnswerOf<Name> | undefined>;
}
