/** Accounts, sessions, recovery, the contact book and key exchanges as they stand in JSON (docs/api.md). */
import type { Bytes } from "./encoding.ts";
import * as f from "./fields.ts";
import * as limits from "./limits.ts";

export type SessionKind = "cookie" | "token";
export type Direction = "in" | "out";
export type ExchangeState = "pending" | "accepted" | "declined";

/** An object without fields. */
export type Empty = Readonly<Record<never, never>>;

/** How the client stretches the password: server id (16 B), salt (16 B), Argon2id memory in KiB, passes, lanes. */
export interface PasswordParameters {
  readonly server: Bytes;
  readonly salt: Bytes;
  readonly memory: number;
  readonly passes: number;
  readonly lanes: number;
}

/** What a chosen password becomes: auth (32 B, secret), its salt and parameters, the vault (93 B) or null. */
export interface NewPassword {
  readonly auth: Bytes;
  readonly salt: Bytes;
  readonly memory: number;
  readonly passes: number;
  readonly lanes: number;
  readonly vault: Bytes | null;
}

/** Make an account. `bundle`: the public keys, 1 520 B; `invite`: the code of an invitation, if one is needed. */
export interface Register {
  readonly name: string;
  readonly bundle: Bytes;
  readonly password: NewPassword;
  readonly invite: string | null;
}

/** Always the same, whether the name was free: sign in to see. */
export interface Registered {
  readonly status: "if_free";
}

/** Whom a request is about. */
export interface Named {
  readonly name: string;
}

/** Sign in: `keep` as a cookie (pages, needs a right Origin) or a token (programs); `label` names the device. */
export interface Login {
  readonly name: string;
  readonly auth: Bytes;
  readonly keep: SessionKind;
  readonly label: string;
}

/** The signed-in account. `name` as it was written, `user` its canonical form; times in ms, sizes in bytes. */
export interface Account {
  readonly name: string;
  readonly user: string;
  readonly bundle: Bytes;
  readonly vault: Bytes | null;
  readonly used: number;
  readonly quota: number;
  readonly created: number;
}

/** The answer to sign-in and `me`. `csrf` for cookie sessions, `token` once, for token sessions. */
export interface SignedIn {
  readonly account: Account;
  readonly session: string;
  readonly csrf: string | null;
  readonly token: string | null;
  /** For programs that have just signed in: what makes this device known. Pages get a cookie. */
  readonly device: string | null;
}

/** Old proof and new password, replaced at once; other sessions end. */
export interface ChangePassword {
  readonly auth: Bytes;
  readonly password: NewPassword;
}

/** Keep the root on the server, wrapped by the password, or no longer. */
export interface ChangeVault {
  readonly auth: Bytes;
  readonly vault: Bytes | null;
}

/** Start over with new keys: what was sealed for the old ones is gone, and so is the contact book. */
export interface ChangeIdentity {
  readonly auth: Bytes;
  readonly bundle: Bytes;
  readonly vault: Bytes | null;
}

/** The password's proof, for what cannot be undone. */
export interface Proof {
  readonly auth: Bytes;
}

/** To be signed for a recovery: single use, until `expires` (ms). The same form for unknown names. */
export interface Challenge {
  readonly server: Bytes;
  readonly challenge: Bytes;
  readonly expires: number;
}

/** A new password, proved by the identity's signature (protocol.md §10.2). All sessions end. */
export interface Recover {
  readonly name: string;
  readonly challenge: Bytes;
  readonly signature: Bytes;
  readonly password: NewPassword;
}

/** One signed-in device. */
export interface SessionRow {
  readonly id: string;
  readonly label: string;
  readonly kind: SessionKind;
  readonly created: number;
  readonly lastUsed: number;
  readonly current: boolean;
}

/** All of an account's. */
export interface Sessions {
  readonly sessions: readonly SessionRow[];
}

/** What the server says are this user's public keys: to show, never to seal for. */
export interface PublicKeys {
  readonly name: string;
  readonly bundle: Bytes;
}

/** The sealed contact book and its counter; null and 0 if there is none yet. */
export interface SealedBook {
  readonly counter: number;
  readonly book: Bytes | null;
}

/** Ask `to` to exchange public keys; `bundle` is the asker's own. */
export interface AskExchange {
  readonly to: string;
  readonly bundle: Bytes;
}

/** Accept with one's own public keys. */
export interface AcceptExchange {
  readonly bundle: Bytes;
}

/** One request. `bundle`: the other's keys, null while it is outgoing and not accepted. */
export interface Exchange {
  readonly id: string;
  readonly peer: string;
  readonly direction: Direction;
  readonly state: ExchangeState;
  readonly bundle: Bytes | null;
  readonly created: number;
  readonly answered: number | null;
}

/** All requests from and to this account, newest first. */
export interface Exchanges {
  readonly exchanges: readonly Exchange[];
}

export const NAME = f.text(1, limits.NAME_MAX_CHARACTERS);
export const TIME = f.integer(0);
export const BUNDLE = f.octets(limits.BUNDLE_BYTES);
const BYTES = f.integer(0);
const AUTH = f.octets(limits.AUTH_BYTES);
const VAULT = f.nullable(f.octets(limits.VAULT_BYTES));
const SERVER = f.octets(limits.SERVER_ID_BYTES);
const LABEL = f.text(1, limits.LABEL_MAX_CHARACTERS);
const KIND = f.oneOf("cookie", "token");
const TOKEN = f.nullable(f.text(1, 200));
const SALT = f.octets(limits.SALT_BYTES);
const CHALLENGE_VALUE = f.octets(limits.CHALLENGE_BYTES);
const NEW_PASSWORD = f.record<NewPassword>({
  auth: AUTH,
  salt: SALT,
  memory: f.integer(limits.ARGON2_MEMORY_KIB, limits.ARGON2_MEMORY_MAX_KIB),
  passes: f.integer(limits.ARGON2_PASSES, limits.ARGON2_PASSES_MAX),
  lanes: f.integer(limits.ARGON2_LANES, limits.ARGON2_LANES_MAX),
  vault: VAULT,
});

export const EMPTY = f.record<Empty>({});
export const NAMED = f.record<Named>({ name: NAME });
/** Read before it is judged: `weak_parameters` is the client's own error. */
export const PASSWORD_PARAMETERS = f.record<PasswordParameters>({
  server: SERVER, salt: SALT, memory: f.integer(0), passes: f.integer(0), lanes: f.integer(0),
});
export const REGISTER = f.record<Register>({
  name: NAME, bundle: BUNDLE, password: NEW_PASSWORD, invite: f.nullable(f.text(1, 100)),
});
export const REGISTERED = f.record<Registered>({ status: f.oneOf("if_free") });
export const LOGIN = f.record<Login>({ name: NAME, auth: AUTH, keep: KIND, label: LABEL });
export const ACCOUNT = f.record<Account>({
  name: NAME, user: NAME, bundle: BUNDLE, vault: VAULT, used: BYTES, quota: BYTES, created: TIME,
});
export const SIGNED_IN = f.record<SignedIn>({ account: ACCOUNT, session: f.ID, csrf: TOKEN, token: TOKEN, device: TOKEN });
export const CHANGE_PASSWORD = f.record<ChangePassword>({ auth: AUTH, password: NEW_PASSWORD });
export const CHANGE_VAULT = f.record<ChangeVault>({ auth: AUTH, vault: VAULT });
export const CHANGE_IDENTITY = f.record<ChangeIdentity>({ auth: AUTH, bundle: BUNDLE, vault: VAULT });
export const PROOF = f.record<Proof>({ auth: AUTH });
export const CHALLENGE = f.record<Challenge>({ server: SERVER, challenge: CHALLENGE_VALUE, expires: TIME });
export const RECOVER = f.record<Recover>({
  name: NAME, challenge: CHALLENGE_VALUE, signature: f.octets(limits.SIGNATURE_BYTES), password: NEW_PASSWORD,
});
export const SESSIONS = f.record<Sessions>({
  sessions: f.array(
    f.record<SessionRow>({ id: f.ID, label: LABEL, kind: KIND, created: TIME, lastUsed: TIME, current: f.BOOLEAN }),
  ),
});
export const PUBLIC_KEYS = f.record<PublicKeys>({ name: NAME, bundle: BUNDLE });
export const BOOK = f.record<SealedBook>({
  counter: f.integer(0), book: f.nullable(f.octets(1, limits.BOOK_MAX_BYTES)),
});
export const ASK_EXCHANGE = f.record<AskExchange>({ to: NAME, bundle: BUNDLE });
export const ACCEPT_EXCHANGE = f.record<AcceptExchange>({ bundle: BUNDLE });
export const EXCHANGE = f.record<Exchange>({
  id: f.ID,
  peer: NAME,
  direction: f.oneOf("in", "out"),
  state: f.oneOf("pending", "accepted", "declined"),
  bundle: f.nullable(BUNDLE),
  created: TIME,
  answered: f.nullable(TIME),
});
export const EXCHANGES = f.record<Exchanges>({ exchanges: f.array(EXCHANGE) });
