/** What the page shows of accounts before anybody is known to be signed in. */
import type { EngineState, OpenedLink } from "./state.ts";

export type AccountState = Pick<EngineState, "registration" | "account" | "signingIn" | "contacts" | "keyRequests" | "files" | "opened">;

/** Nobody is signed in, and it is not known whether anybody could be. */
export const NO_ACCOUNT: AccountState = {
  registration: null, account: null, signingIn: false, contacts: [], keyRequests: [], files: null, opened: null,
};

/** A link's page before anything was asked. */
export const CLOSED_LINK: OpenedLink = {
  phase: "closed", owner: "", ownerFingerprint: "", title: "", files: [], fileCount: 0, bytes: null, text: false,
  expires: null, left: null, transfer: null, problem: null,
};
