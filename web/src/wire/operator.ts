/** By what right somebody is an operator, and what they decide about accounts, as it stands in JSON (docs/guard.md §7). Twin of wire/operator.py. */
import { NAME, TIME } from "./accounts.ts";
import * as f from "./fields.ts";

export type OperatorBy = "account" | "token" | "page";

/** An account as operators see it. `quota`: its own, null for the usual; `allowed`: the one that holds. `operator`: it cannot be suspended. */
export interface OperatedAccount {
  readonly name: string;
  readonly used: number;
  readonly allowed: number;
  readonly quota: number | null;
  readonly suspended: boolean;
  readonly operator: boolean;
  readonly created: number;
}

/** In the order of their names. */
export interface OperatedAccounts {
  readonly accounts: readonly OperatedAccount[];
  readonly next: string | null;
}

/** Its own quota (null: the usual), and whether it is suspended. */
export interface ChangeOperated {
  readonly quota: number | null;
  readonly suspended: boolean;
}

/** Makes one account until `expires` (ms). `used`: the account it made. */
export interface Invite {
  readonly id: string;
  readonly note: string;
  readonly created: number;
  readonly expires: number;
  readonly used: string | null;
}

/** All of them, newest first. */
export interface Invites {
  readonly invites: readonly Invite[];
}

/** Invite somebody for so many hours; `note` is for operators. */
export interface NewInvite {
  readonly note: string;
  readonly hours: number;
}

/** The code is shown this once. */
export interface MadeInvite {
  readonly invite: Invite;
  readonly code: string;
}

/** Opens the operator's page once: `/operator#SECRET`, until `expires` (ms). */
export interface PageLink {
  readonly secret: string;
  readonly expires: number;
}

/** The secret of a page link. */
export interface OpenPage {
  readonly secret: string;
}

/** By what right somebody is an operator, and what their page repeats as X-CSRF-Token. */
export interface OperatorSession {
  readonly by: OperatorBy;
  readonly csrf: string | null;
  readonly expires: number | null;
}

const BYTES = f.integer(0);
const SECRET = f.text(1, 200);
const NOTE = f.text(0, 100);

export const OPERATED_ACCOUNT = f.record<OperatedAccount>({
  name: NAME, used: BYTES, allowed: BYTES, quota: f.nullable(BYTES), suspended: f.BOOLEAN, operator: f.BOOLEAN, created: TIME,
});
export const OPERATED_ACCOUNTS = f.record<OperatedAccounts>({ accounts: f.array(OPERATED_ACCOUNT), next: f.nullable(f.text(1, 200)) });
export const CHANGE_OPERATED = f.record<ChangeOperated>({ quota: f.nullable(BYTES), suspended: f.BOOLEAN });
export const INVITE = f.record<Invite>({
  id: f.ID, note: NOTE, created: TIME, expires: TIME, used: f.nullable(NAME),
});
export const INVITES = f.record<Invites>({ invites: f.array(INVITE) });
export const NEW_INVITE = f.record<NewInvite>({ note: NOTE, hours: f.integer(1, 8760) });
export const MADE_INVITE = f.record<MadeInvite>({ invite: INVITE, code: SECRET });
export const PAGE_LINK = f.record<PageLink>({ secret: SECRET, expires: TIME });
export const OPEN_PAGE = f.record<OpenPage>({ secret: SECRET });
export const OPERATOR_SESSION = f.record<OperatorSession>({
  by: f.oneOf("account", "token", "page"), csrf: f.nullable(SECRET), expires: f.nullable(TIME),
});
