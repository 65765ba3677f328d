/** Stored files and parks that are not as they were written, as operators see them (docs/guard.md §7). Twin of wire/damage.py. */
import { NAME, TIME } from "./accounts.ts";
import * as f from "./fields.ts";

export type DamagedKind = "file" | "park";
export type Fault = "missing" | "length" | "content" | "unreadable";

/**
 * A version of a file, or a park (`version` 0), with `chunks` damaged ones that are known. `fault`: of the first.
 * `owner`: whose file it is, null for a park. `since` (ms): when it was found.
 */
export interface Damaged {
  readonly id: string;
  readonly kind: DamagedKind;
  readonly version: number;
  readonly owner: string | null;
  readonly chunks: number;
  readonly fault: Fault;
  readonly since: number;
}

/** Newest first. `more`: beyond these some was not remembered. `last`: when everything had been looked at (ms). */
export interface DamageList {
  readonly damaged: readonly Damaged[];
  readonly more: boolean;
  readonly last: number | null;
}

export const DAMAGED = f.record<Damaged>({
  id: f.ID,
  kind: f.oneOf("file", "park"),
  version: f.integer(0),
  owner: f.nullable(NAME),
  chunks: f.integer(1),
  fault: f.oneOf("missing", "length", "content", "unreadable"),
  since: TIME,
});
export const DAMAGE_LIST = f.record<DamageList>({ damaged: f.array(DAMAGED), more: f.BOOLEAN, last: f.nullable(TIME) });
