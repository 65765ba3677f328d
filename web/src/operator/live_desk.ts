/** The operator's desk at the running server: asks every two seconds while somebody looks, and does what they say. */
import { Api } from "../client/api.ts";
import type { Ailments } from "../client/readiness.ts";
import { NotFound, PeersealError } from "../errors.ts";
import { problemOfCall } from "../transfer/problem.ts";
import type { Problem } from "../transfer/state.ts";
import type { Mode } from "../wire/guard.ts";
import { PAGE_MAX_ITEMS } from "../wire/limits.ts";
import { NOTHING_KNOWN, type Desk, type OperatorState, type Registration, type View } from "./state.ts";

const POLL_MILLISECONDS = 2_000;
/** Whether an operator whose right ended has it again. */
const BACK_MILLISECONDS = 5_000;
/** Reports are looked for each time this many have passed. */
const POLLS_FOR_REPORTS = 5;
/** What is looked at besides is fetched anew each time this many have passed. */
const POLLS_FOR_VIEW = 2;
/** So many events are shown until somebody asks for more. */
const EVENTS_FIRST = 8;

/** What the desk needs of the page it lies in. */
export interface Room {
  readonly hidden: () => boolean;
  readonly shown: (run: () => void) => void; // calls back whenever the page can be seen again
  readonly now: () => number; // ms
  readonly registration: () => Promise<Registration | null>; // who may make an account; null: the server did not say
  readonly ailments: () => Promise<Ailments | null>; // why the server cannot do all its work; null: it did not say
}

export class LiveDesk implements Desk {
  private readonly api: Api;
  private readonly room: Room;
  private readonly listeners = new Set<(state: OperatorState) => void>();
  private state: OperatorState = NOTHING_KNOWN;
  private timer: ReturnType<typeof setTimeout> | null = null;
  private polling = false;
  private polls = 0;
  private eventsWanted = EVENTS_FIRST;
  private view: View = "now"; // what is looked at
  private reportsUnfolded = false; // more than the first page of them is shown
  private accountsUnfolded = false; // same

  /** `secret`: of a link that opens this page once, null if there is none. */
  constructor(api: Api, secret: string | null, room: Room) {
    this.api = api;
    this.room = room;
    room.shown(() => void this.poll());
    void this.enter(secret);
  }

  subscribe(run: (state: OperatorState) => void): () => void {
    this.listeners.add(run);
    run(this.state);
    return () => this.listeners.delete(run);
  }

  look(view: View): Promise<Problem | null> {
    this.view = view;
    return this.try(() => this.fetch(view));
  }

  more(list: "accounts" | "reports" | "events"): Promise<Problem | null> {
    return this.try(async () => {
      if (list === "events") {
        this.eventsWanted = PAGE_MAX_ITEMS;
        return this.set({ events: await this.latest() });
      }
      const before = this.state[list];
      if (before?.next === null || before === null) return;
      const query = { cursor: before.next };
      if (list === "accounts") {
        const { accounts, next } = await this.api.call("operator_accounts", { query });
        this.accountsUnfolded = true;
        this.set({ accounts: { rows: [...(this.state.accounts?.rows ?? []), ...accounts], next } });
      } else {
        const { reports, next } = await this.api.call("operator_reports", { query });
        this.reportsUnfolded = true;
        this.set({ reports: { rows: [...(this.state.reports?.rows ?? []), ...reports], next } });
      }
    });
  }

  why(standing: string | null): Promise<Problem | null> {
    if (standing === null) {
      this.set({ looked: null });
      return Promise.resolve(null);
    }
    return this.try(async () => {
      this.set({ looked: await this.api.call("operator_standing", { standing }) });
    });
  }

  undo(standing: string): Promise<Problem | null> {
    return this.change("now", async () => {
      await this.api.call("operator_undo", { standing, body: {} });
      this.set({ standings: this.state.standings.filter(({ id }) => id !== standing), looked: null });
    });
  }

  setMode(mode: Mode): Promise<Problem | null> {
    return this.change("now", () => this.api.call("operator_mode", { body: { mode } }));
  }

  allow(what: string): Promise<Problem | null> {
    return this.change("allowed", () => this.api.call("operator_allow", { body: { what } }));
  }

  disallow(allowed: string): Promise<Problem | null> {
    return this.change("allowed", () => this.api.call("operator_disallow", { allowed }));
  }

  changeAccount(name: string, quota: number | null, suspended: boolean): Promise<Problem | null> {
    return this.try(async () => {
      const changed = await this.api.call("operator_change_account", { name, body: { quota, suspended } });
      const { accounts } = this.state;
      if (accounts === null) return;
      this.set({ accounts: { ...accounts, rows: accounts.rows.map((row) => (row.name === name ? changed : row)) } });
    });
  }

  invite(note: string, hours: number): Promise<Problem | null> {
    return this.change("invites", async () => {
      this.set({ made: await this.api.call("operator_invite", { body: { note, hours } }) });
    });
  }

  forgetInvite(): void {
    this.set({ made: null });
  }

  endInvite(invite: string): Promise<Problem | null> {
    return this.change("invites", () => this.api.call("operator_end_invite", { invite }));
  }

  closeReport(report: string): Promise<Problem | null> {
    return this.change("reports", () => this.api.call("operator_close_report", { report, body: {} }));
  }

  revokeReported(report: string): Promise<Problem | null> {
    return this.change("reports", () => this.api.call("operator_revoke_reported", { report, body: {} }));
  }

  leave(): Promise<Problem | null> {
    return this.try(async () => {
      await this.api.call("operator_close_page", {});
      this.set({ ...NOTHING_KNOWN, who: "stranger" });
    });
  }

  /** Who is here: by the link's secret if there is one, else by what this browser has. */
  private async enter(secret: string | null): Promise<void> {
    try {
      const session =
        secret === null ? await this.api.call("operator_session", {}) : await this.api.call("operator_open_page", { body: { secret } });
      this.api.useCsrf(session.csrf);
      this.set({ who: session.by, trouble: null });
      await this.poll();
      if (this.state.who !== "ended") await this.try(() => this.fetch("reports")); // how many wait is shown wherever one looks
    } catch (error) {
      if (secret !== null && !unreachable(error)) return this.enter(null); // used already: perhaps by this very browser
      this.set(error instanceof NotFound ? { who: "stranger" } : { trouble: problemOfCall(error) });
      if (unreachable(error)) setTimeout(() => void this.enter(secret), POLL_MILLISECONDS);
    }
  }

  private async poll(): Promise<void> {
    if (this.polling || this.state.who === "asking" || this.state.who === "stranger") return;
    if (this.timer !== null) clearTimeout(this.timer);
    if (this.room.hidden()) return; // `shown` begins again
    this.polling = true;
    try {
      await (this.state.who === "ended" ? this.comeBack() : this.refresh());
    } catch (error) {
      if (error instanceof NotFound) this.end();
      else this.set({ trouble: problemOfCall(error) });
    }
    this.polling = false;
    this.timer = setTimeout(() => void this.poll(), this.waits());
  }

  private waits(): number {
    return this.state.who === "ended" ? BACK_MILLISECONDS : POLL_MILLISECONDS;
  }

  private async refresh(): Promise<void> {
    await this.fetch("now");
    this.polls += 1;
    if (this.polls % POLLS_FOR_VIEW === 0) await this.refreshView();
    if (this.polls % POLLS_FOR_REPORTS === 0 && !this.reportsUnfolded) await this.fetch("reports");
    const open = this.state.looked?.standing.id ?? null;
    if (open !== null) await this.refreshed(open);
    this.set({ trouble: null, told: this.room.now() });
  }

  /** The right ended meanwhile: nothing of it stays. Who left by themselves stays away. */
  private end(): void {
    if (this.state.who !== "stranger") this.set({ ...NOTHING_KNOWN, who: "ended" });
  }

  /** One question, always the same (docs/guard.md §1), whether the right is back; if so all is fetched, then shown. */
  private async comeBack(): Promise<void> {
    await this.api.call("operator_overview", {});
    const { by, csrf } = await this.api.call("operator_session", {});
    this.api.useCsrf(csrf);
    for (const view of new Set<View>(["now", "reports", this.view])) await this.fetch(view);
    this.set({ who: by, trouble: null, told: this.room.now() });
  }

  /** What others change meanwhile: a code that was used, an account that was made. Never folds up what was unfolded. */
  private async refreshView(): Promise<void> {
    if (this.view === "invites") this.set({ invites: (await this.api.call("operator_invites", {})).invites });
    else if (this.view === "allowed" || (this.view === "accounts" && !this.accountsUnfolded)) await this.fetch(this.view);
  }

  /** The open details as they are now; what has ended is closed. */
  private async refreshed(standing: string): Promise<void> {
    try {
      const looked = await this.api.call("operator_standing", { standing });
      if (this.state.looked?.standing.id === standing) this.set({ looked });
    } catch (error) {
      if (!(error instanceof NotFound)) throw error;
      this.set({ looked: null });
    }
  }

  private async fetch(view: View): Promise<void> {
    switch (view) {
      case "now": {
        const [overview, { standings }, events, damage, ailments] = await Promise.all([
          this.api.call("operator_overview", {}),
          this.api.call("operator_standings", {}),
          this.latest(),
          this.api.call("operator_damage", {}),
          this.room.ailments(),
        ]);
        return this.set({ overview, standings, events, damage, ailments: ailments ?? this.state.ailments });
      }
      case "accounts": {
        const { accounts, next } = await this.api.call("operator_accounts", {});
        this.accountsUnfolded = false;
        return this.set({ accounts: { rows: accounts, next } });
      }
      case "invites": {
        const [{ invites }, registration] = await Promise.all([this.api.call("operator_invites", {}), this.room.registration()]);
        return this.set({ invites, registration });
      }
      case "reports": {
        const { reports, next } = await this.api.call("operator_reports", {});
        this.reportsUnfolded = false;
        return this.set({ reports: { rows: reports, next } });
      }
      case "allowed":
        return this.set({ allowed: (await this.api.call("operator_allowed", {})).allowed });
    }
  }

  private async latest(): Promise<OperatorState["events"]> {
    const { events, next } = await this.api.call("operator_events", { query: { limit: String(this.eventsWanted) } });
    return { rows: events, next };
  }

  /** Does something, then shows how that part of the page stands. */
  private change(view: View, step: () => Promise<unknown>): Promise<Problem | null> {
    return this.try(async () => {
      await step();
      await this.fetch(view);
    });
  }

  private async try(step: () => Promise<void>): Promise<Problem | null> {
    try {
      await step();
      return null;
    } catch (error) {
      return problemOfCall(error);
    }
  }

  private set(change: Partial<OperatorState>): void {
    this.state = { ...this.state, ...change };
    for (const run of this.listeners) run(this.state);
  }
}

function unreachable(error: unknown): boolean {
  return error instanceof PeersealError && error.retryable;
}
