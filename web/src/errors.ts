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
