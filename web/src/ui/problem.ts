/** A problem as people read it. */
import type { Problem } from "../transfer/state.ts";
import { visible } from "./visible.ts";

/** What happened and what to do, in one breath; a name in it is only text. */
export function problem(what: Problem): string {
  return visible(what.hint === "" ? what.message : `${what.message} ${what.hint}`);
}
