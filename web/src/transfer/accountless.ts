/** What an engine says that works for guests only: nobody is signed in, and what needs an account is refused. */
import type { EngineState, Person, Problem } from "./state.ts";
import type { Peer } from "../wire/messages.ts";

type Accounts = Pick<EngineState, "registration" | "account" | "signingIn" | "contacts" | "keyRequests" | "files" | "opened">;

/** Nobody is signed in, and it is not known whether anybody could be. */
export const NO_ACCOUNT: Accounts = {
  registration: null, account: null, signingIn: false, contacts: [], keyRequests: [], files: null, opened: null,
};

const REFUSED: Problem = { code: "no_accounts", message: "This page works for guests only.", hint: "", retryable: false };
const refuse = (): Promise<Problem | null> => Promise.resolve(REFUSED);

/** The account commands of `Engine`, all refused. */
export class Accountless {
  readonly createAccount = refuse;
  readonly signIn = refuse;
  readonly signOut = refuse;
  readonly recoveryWords = (): Promise<readonly string[]> => Promise.resolve([]);
  readonly restoreKeys = refuse;
  readonly recover = refuse;
  readonly changePassword = refuse;
  readonly setVault = refuse;
  readonly newKeys = refuse;
  readonly deleteAccount = refuse;
  readonly sessions = (): Promise<readonly never[]> => Promise.resolve([]);
  readonly endSession = refuse;
  readonly requestKeys = refuse;
  readonly answerKeys = refuse;
  readonly withdrawKeys = refuse;
  readonly verifyContact = refuse;
  readonly removeContact = refuse;
  readonly upload = (): string => "";
  readonly uploadText = (): string => "";
  readonly update = (): string => "";
  readonly download = (): string => "";
  readonly loadHistory = refuse;
  readonly restore = (): string => "";
  readonly share = refuse;
  readonly unshare = refuse;
  readonly makeLink = refuse;
  readonly revokeLink = refuse;
  readonly setExpiry = refuse;
  readonly deleteFile = refuse;
  readonly refreshFiles = refuse;
  readonly openLink = refuse;
  readonly downloadLink = (): string => "";
}

/** A peer of the meeting as a person of the page: to who is not signed in, everybody is a guest. */
export function guest(peer: Peer): Person {
  return { ...peer, account: null };
}
