/** Every way Peerseal can fail: one class per kind of failure, one stable `code` per cause. Twin of errors.py. */

export interface Failure {
  readonly code?: string | undefined; // stable and machine-readable
  readonly hint?: string | undefined; // for people: what to do next
  readonly retryable?: boolean | undefined;
}

/** Base of all. No secret may ever be put into a message or a hint. */
export class PeersealError extends Error {
  static readonly exitCode: number = 1;
  static readonly defaultCode: string = "failed";
  readonly code: string;
  readonly hint: string;
  readonly retryable: boolean;

  constructor(message = "", failure: Failure = {}) {
    const code = failure.code ?? new.target.defaultCode;
    super(message === "" ? code : message);
    this.name = "PeersealError";
    this.code = code;
    this.hint = failure.hint ?? "";
    this.retryable = failure.retryable ?? false;
  }

  get exitCode(): number {
    return (this.constructor as typeof PeersealError).exitCode;
  }
}

/** The request itself cannot be carried out as asked. */
export class UsageError extends PeersealError {
  static override readonly exitCode = 2;
  static override readonly defaultCode = "usage";
}

/** Nothing answers at the server's address, or what answers is not Peerseal. */
export class ServerUnreachable extends PeersealError {
  static override readonly exitCode = 3;
  static override readonly defaultCode = "server_unreachable";
}

/** The peer could not be shown to be who it should be; nothing was sent or kept. */
export class VerificationFailed extends PeersealError {
  static override readonly exitCode = 4;
  static override readonly defaultCode = "not_verified";
}

/** The other person said no, or cancelled. */
export class Declined extends PeersealError {
  static override readonly exitCode = 5;
  static override readonly defaultCode = "declined";
}

/** Nobody came in time, or a peer fell silent. */
export class TimedOut extends PeersealError {
  static override readonly exitCode = 6;
  static override readonly defaultCode = "timed_out";
}

/** Something received does not hold: a tag, a size, a name, an order. Nothing of it is kept. */
export class IntegrityFailed extends PeersealError {
  static override readonly exitCode = 7;
  static override readonly defaultCode = "not_authentic";
}

/** A file or folder on this machine cannot be read or written. */
export class LocalFileFailed extends PeersealError {
  static override readonly exitCode = 8;
  static override readonly defaultCode = "local_file";
}

/** Absent, expired, or not yours: deliberately the same answer. */
export class NotFound extends PeersealError {
  static override readonly exitCode = 9;
  static override readonly defaultCode = "not_found";
}

/** The connection broke or the peer left before the transfer was complete. */
export class Interrupted extends PeersealError {
  static override readonly exitCode = 10;
  static override readonly defaultCode = "interrupted";
}

/** The server will not do it: rate, quota, role, origin. */
export class Refused extends PeersealError {
  static override readonly exitCode = 11;
  static override readonly defaultCode = "refused";
}

type Known = readonly [make: typeof PeersealError, message: string, hint: string, retryable?: boolean];

/** The causes of docs/protocol.md §9–14 and docs/api.md, in words for people. */
const KNOWN = {
  // what does not hold
  signature_invalid: [IntegrityFailed, "A signature does not hold.", "Nothing of it was used. Ask them to send it again."],
  key_changed: [
    VerificationFailed,
    "These are not the keys you know for them.",
    "Compare the safety number with them before you go on. Nothing was sealed for the new keys.",
  ],
  unknown_owner: [VerificationFailed, "This file is not from whom it is said to be.", "Ask them by another way."],
  rolled_back: [
    IntegrityFailed,
    "The server shows an older state than you have seen before.",
    "Nothing of it was used. Ask whoever runs the server: a backup may have been put back.",
  ],
  not_listed: [IntegrityFailed, "You are not on this file's list of recipients.", "Ask its owner to share it with you."],
  content_differs: [IntegrityFailed, "What came is not what its owner signed.", "Nothing was kept. Get it again, or ask its owner."],
  weak_parameters: [
    VerificationFailed,
    "The server asks for a weak protection of your password.",
    "Your password was not used. Ask whoever runs the server.",
  ],
  // what was typed
  words_malformed: [UsageError, "These are not the 24 words of an account.", "Check their spelling and their order."],
  name_malformed: [
    UsageError,
    "This cannot be an account name.",
    "Use 1 to 64 letters and digits; . _ - ' and single spaces may stand between them.",
  ],
  login_failed: [Refused, "The name or the password is wrong.", "Check both and try again."],
  password: [Refused, "The password is wrong.", "Type it again."],
  // what the server will not do
  not_signed_in: [Refused, "You are not signed in.", "Sign in and try again."],
  csrf: [Refused, "The server could not tell that this page asked.", "Reload the page and try again.", true],
  origin: [Refused, "This page comes from another address than the server expects.", "Open the server's own page."],
  registration_closed: [Refused, "New accounts are closed on this server.", "Ask whoever runs it."],
  invite: [Refused, "This invitation makes no account: it is wrong, used or has expired.", "Ask whoever runs the server for another."],
  too_many_requests: [Refused, "Too many tries.", "Wait a minute and try again.", true],
  busy: [Refused, "The server is busy.", "Try again in a moment.", true],
  blocked: [
    Refused,
    "The server takes nothing from this address for {pause}: too much that came from there looked like an attack.",
    "It ends by itself. If it is wrong, ask whoever runs the server: they see why, and can undo it.",
    true,
  ],
  wait: [
    Refused,
    "Somebody has guessed at this account's password, so the server takes no new device for {pause}.",
    "Devices that signed in before are let in meanwhile, and the account is not locked.",
    true,
  ],
  challenge: [Refused, "The server is being attacked and wants to know that you are no robot.", "Try again in {pause}.", true],
  quota: [Refused, "Your space on the server is used up.", "Delete files you no longer need, then try again."],
  disk_full: [Refused, "The server has no room left.", "Ask whoever runs it.", true],
  conflict: [Refused, "Something else happened meanwhile.", "Look again and repeat it.", true],
  stale: [Refused, "This was changed by another device meanwhile.", "Look again and repeat it.", true],
  stale_access: [Refused, "The recipients were changed by another device meanwhile.", "Look again and repeat it.", true],
  if_match_required: [Refused, "The server wants to know what this change was made on.", "Reload and try again."],
  operator_account: [
    Refused,
    "This account is an operator's: suspended, it could not undo that.",
    "Take its name out of PEERSEAL_OPERATORS and start the server again; then it can be suspended.",
  ],
  allow_name: [UsageError, "This is neither an address, a network nor @name.", "Write an account as @name, a network like 192.0.2.0/24."],
  allow_address: [UsageError, "There is no such address.", "IPv4: four numbers up to 255, like 192.0.2.7; IPv6 like 2001:db8::7."],
  allow_prefix: [
    UsageError,
    "There is no such network: what stands after the / is no length for this address.",
    "IPv4: 1 to 32, like 192.0.2.0/24; IPv6: 1 to 128.",
  ],
  allow_everybody: [UsageError, "This is everybody: nobody would be judged.", "Choose Observe or Off on the page “Now” if that is meant."],
  invalid: [Refused, "The server says this is not possible.", ""],
  exists: [Refused, "This id is in use already.", "Try again.", true],
  already_asked: [Refused, "You have asked them already.", "Wait for their answer."],
  not_wanted: [
    Refused,
    "Somebody this is for takes nothing more from you for now.",
    "They know you once they accept your request as a contact, or fetch what you left; or send it live.",
  ],
  they_asked: [Refused, "They have asked you already.", "Accept their request."],
  incomplete: [Refused, "The server does not hold all of it yet.", "Resume the upload.", true],
  committed: [Refused, "This version is complete already.", ""],
  chunk_length: [Refused, "A piece of the wrong size was sent.", "Resume the upload.", true],
  chunk_differs: [Refused, "The server holds other bytes in this place.", "Start the upload again."],
  chunk_lost: [
    IntegrityFailed,
    "The server has lost a part of this file.",
    "Tell whoever runs it: a backup may have it. Or whoever left it leaves it once more.",
  ],
  expires: [Refused, "The server does not keep files that long.", "Choose an earlier end."],
  no_downloads_left: [Refused, "This link has been used as often as it may be.", "Ask its owner for a new one.", true],
  ticket: [Refused, "The permission for this transfer has ended.", "Try again.", true],
  not_found: [NotFound, "This is not here: it is gone, or it is not yours.", ""],
} satisfies Readonly<Record<string, Known>>;

export type KnownCode = keyof typeof KNOWN;

/** The error of a cause with a name; `message` if there is more to say than the usual. */
export function failure(code: KnownCode, message?: string): PeersealError {
  const [make, usual, hint, retryable]: Known = KNOWN[code];
  return new make(message ?? usual, { code, hint, retryable });
}

export function isKnownCode(code: string): code is KnownCode {
  return Object.hasOwn(KNOWN, code);
}

/** Whether this is an error of ours with this code. */
export function hasCode(error: unknown, code: string): error is PeersealError {
  return error instanceof PeersealError && error.code === code;
}
