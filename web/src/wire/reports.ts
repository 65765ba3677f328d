/** What people report about a link, and what operators see of it, as it stands in JSON (docs/guard.md §7). Twin of wire/reports.py. */
import { NAME, TIME } from "./accounts.ts";
import * as f from "./fields.ts";

export type Reason = "malware" | "deception" | "illegal" | "private" | "other";
export type ReportState = "open" | "closed" | "revoked";

export const REPORT_TEXT_MAX_CHARACTERS = 2000;

/** Somebody says that the file behind this link should not be here. */
export interface Report {
  readonly link: string;
  readonly reason: Reason;
  readonly text: string;
}

/** A report. `owner`: whose file it is, null if it is gone; `count`: how many reported this link. */
export interface Reported {
  readonly id: string;
  readonly link: string;
  readonly reason: Reason;
  readonly text: string;
  readonly created: number;
  readonly state: ReportState;
  readonly owner: string | null;
  readonly count: number;
}

/** Newest first. */
export interface ReportedList {
  readonly reports: readonly Reported[];
  readonly next: string | null;
}

const REASON = f.oneOf("malware", "deception", "illegal", "private", "other");
const TEXT = f.text(0, REPORT_TEXT_MAX_CHARACTERS);

export const REPORT = f.record<Report>({ link: f.ID, reason: REASON, text: TEXT });
export const REPORTED = f.record<Reported>({
  id: f.ID,
  link: f.ID,
  reason: REASON,
  text: TEXT,
  created: TIME,
  state: f.oneOf("open", "closed", "revoked"),
  owner: f.nullable(NAME),
  count: f.integer(0),
});
export const REPORTED_LIST = f.record<ReportedList>({ reports: f.array(REPORTED), next: f.nullable(f.text(1, 200)) });
