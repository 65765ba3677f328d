/** What the operator's page shows, and what can be done there. Everything in it came from the server and is only text. */
import type { Ailments } from "../client/readiness.ts";
import type { ServerInfo } from "../client/server_info.ts";
import type { Problem } from "../transfer/state.ts";
import type { DamageList } from "../wire/damage.ts";
import type { Allowed, GuardEvent, Mode, Overview, Standing, StandingWhy } from "../wire/guard.ts";
import type { Invite, MadeInvite, OperatedAccount, OperatorBy } from "../wire/operator.ts";
import type { Reported } from "../wire/reports.ts";

/** The parts of the page; each is fetched when it is looked at. */
export const VIEWS = ["now", "accounts", "invites", "reports", "allowed"] as const;
export type View = (typeof VIEWS)[number];

/** Who may make an account. */
export type Registration = ServerInfo["registration"];

/** A list that comes in pages. */
export interface Pages<Row> {
  readonly rows: readonly Row[];
  readonly next: string | null;
}

export interface OperatorState {
  /** "asking" until the server has said; "stranger" for whoever is no operator; "ended" for who was one a moment ago. */
  readonly who: "asking" | "stranger" | "ended" | OperatorBy;
  readonly overview: Overview | null;
  readonly ailments: Ailments; // why the server cannot do all its work
  readonly standings: readonly Standing[];
  readonly looked: StandingWhy | null; // the one whose details are open
  readonly damage: DamageList | null; // null: not fetched yet, as below
  readonly events: Pages<GuardEvent> | null; // the latest
  readonly allowed: readonly Allowed[] | null;
  readonly accounts: Pages<OperatedAccount> | null;
  readonly invites: readonly Invite[] | null;
  readonly made: MadeInvite | null; // shown this once
  readonly registration: Registration | null;
  readonly reports: Pages<Reported> | null;
  readonly trouble: Problem | null; // why the page does not know better than at `told`
  readonly told: number | null; // ms, when the server last said how it stands
}

export const NOTHING_KNOWN: OperatorState = {
  who: "asking", overview: null, ailments: {}, standings: [], looked: null, damage: null, events: null, allowed: null, accounts: null,
  invites: null, made: null, registration: null, reports: null, trouble: null, told: null,
};

/** What operators do. Nothing rejects: what went wrong is what it gives. */
export interface Desk {
  subscribe(run: (state: OperatorState) => void): () => void;
  /** Fetches what this part of the page shows. */
  look(view: View): Promise<Problem | null>;
  more(list: "accounts" | "reports" | "events"): Promise<Problem | null>;
  why(standing: string | null): Promise<Problem | null>;
  undo(standing: string): Promise<Problem | null>;
  setMode(mode: Mode): Promise<Problem | null>;
  allow(what: string): Promise<Problem | null>;
  disallow(allowed: string): Promise<Problem | null>;
  changeAccount(name: string, quota: number | null, suspended: boolean): Promise<Problem | null>;
  invite(note: string, hours: number): Promise<Problem | null>;
  forgetInvite(): void;
  endInvite(invite: string): Promise<Problem | null>;
  closeReport(report: string): Promise<Problem | null>;
  revokeReported(report: string): Promise<Problem | null>;
  leave(): Promise<Problem | null>;
}
