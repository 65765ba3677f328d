/** Where transfers are written down, so that a later visit can go on with them. */
import type { Source } from "../files/source.ts";
import type { Bond } from "./comeback.ts";
import type { Journals } from "./journals.ts";
import type { Line } from "./ledger.ts";

/** The journals, and what of the link both need to meet again. */
export interface Desk {
  readonly journals: Journals | null;
  bond(): Bond | null;
  /** A transfer is over for now, and can be gone on with later; `source`: what it reads from. */
  interrupted(line: Line, source: Source | null): void;
}
