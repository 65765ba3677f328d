/** The stored-files commands of the page, as they are asked of the worker. */
import { Asking } from "./asking.ts";
import type { Problem } from "./state.ts";

const REFUSED: Problem = { code: "no_accounts", message: "This page works for guests only.", hint: "", retryable: false };
const refuse = (): Promise<Problem | null> => Promise.resolve(REFUSED);

export abstract class StoredCommands extends Asking {
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
