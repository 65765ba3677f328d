/** What an account's name and password become (protocol.md §10): the proof for the server, and a key it never sees. */
import { UsageError, failure } from "../errors.ts";
import type { NewPassword, PasswordParameters } from "../wire/accounts.ts";
import { malformed, utf8, type Bytes } from "../wire/encoding.ts";
import { isInvisible } from "../wire/invisible.ts";
import {
  ACCOUNT_NAME_MAX_CHARACTERS,
  ARGON2_LANES,
  ARGON2_LANES_MAX,
  ARGON2_MEMORY_KIB,
  ARGON2_MEMORY_MAX_KIB,
  ARGON2_PASSES,
  ARGON2_PASSES_MAX,
  AUTH_BYTES,
  CHALLENGE_BYTES,
  SALT_BYTES,
  SERVER_ID_BYTES,
  VAULT_BYTES,
} from "../wire/limits.ts";
import { hasLoneSurrogate } from "../wire/strict_json.ts";
import { EMPTY, kdf, lp, u32 } from "./kdf.ts";
import { argon2id, randomBytes, sha256, type Argon2Cost, type Randomness } from "./primitives.ts";
import { Secret } from "./secret.ts";

/** What new passwords get. */
export const ARGON2_COST: Argon2Cost = { memory: ARGON2_MEMORY_KIB, passes: ARGON2_PASSES, lanes: ARGON2_LANES };

const NAME = /^[\p{L}\p{M}\p{N}._\-']+(?: [\p{L}\p{M}\p{N}._\-']+)*$/u;

/** A letter or number somewhere, and no mark at the beginning, where it would stand on nothing. */
const SOMEBODY = /^(?!\p{M}).*[\p{L}\p{N}]/u;

/** Hears how far the work is, 0 to 1. */
export type Progress = (done: number) => void;

/** The one form of an account name, however it was typed; `name_malformed` for what cannot be one. */
export function canonicalName(text: string): string {
  const name = text.normalize("NFKC").toLowerCase().normalize("NFKC");
  const characters = Array.from(name);
  const legal = NAME.test(name) && SOMEBODY.test(name) && !characters.some(isInvisible);
  if (!legal || characters.length > ACCOUNT_NAME_MAX_CHARACTERS) throw failure("name_malformed");
  return name;
}

/** Both keys of a password. */
export interface PasswordKeys {
  /** Shown to the server: as good as the password there. */
  readonly auth: Secret;
  /** Opens the vault; never leaves the device. */
  readonly vaultKey: Secret;
}

export function newSalt(random: Randomness = randomBytes): Bytes {
  return random(SALT_BYTES);
}

/** Refuses what is too weak, or too costly for any device: `weak_parameters`. */
export function checkCost({ memory, passes, lanes }: Argon2Cost): void {
  const within = (value: number, least: number, most: number): boolean => value >= least && value <= most;
  if (
    !within(memory, ARGON2_MEMORY_KIB, ARGON2_MEMORY_MAX_KIB) ||
    !within(passes, ARGON2_PASSES, ARGON2_PASSES_MAX) ||
    !within(lanes, ARGON2_LANES, ARGON2_LANES_MAX)
  ) {
    throw failure("weak_parameters");
  }
}

/** Argon2id of a password as people type it, 32 bytes; the cost is checked first. */
export async function argon2OfPassword(password: string, salt: Bytes, cost: Argon2Cost, progress?: Progress): Promise<Bytes> {
  checkCost(cost);
  if (hasLoneSurrogate(password)) throw new UsageError("The password holds characters that are none.");
  return argon2id(utf8(password.normalize("NFKC")), salt, cost, progress);
}

/** The keys of a password; `user` is a canonical name. Takes a second or more. */
export async function stretch(
  password: string,
  user: string,
  parameters: PasswordParameters,
  progress?: Progress,
): Promise<PasswordKeys> {
  const { server, salt } = parameters;
  checkCost(parameters);
  checkServer(server);
  if (salt.length !== SALT_BYTES) throw malformed("a salt has 16 bytes");
  const salted = await sha256(lp(utf8("peerseal/1 pw-salt"), utf8(user), server, salt));
  return passwordKeys(await argon2OfPassword(password, salted, parameters, progress));
}

/** What follows from the 32 bytes Argon2id gave. */
export async function passwordKeys(m: Bytes): Promise<PasswordKeys> {
  const [auth, vaultKey] = await Promise.all([kdf(m, EMPTY, "auth", EMPTY, 32), kdf(m, EMPTY, "vault", EMPTY, 32)]);
  return { auth: new Secret("Auth", auth, AUTH_BYTES), vaultKey: new Secret("VaultKey", vaultKey, 32) };
}

/** What the identity signs to set a new password without the old one (§10.2). */
export async function recoveryBody(server: Bytes, user: string, challenge: Bytes, password: NewPassword): Promise<Bytes> {
  checkServer(server);
  const { auth, salt, memory, passes, lanes, vault } = password;
  if (challenge.length !== CHALLENGE_BYTES || auth.length !== AUTH_BYTES || salt.length !== SALT_BYTES) {
    throw malformed("a recovery with a value of a wrong length");
  }
  if (vault !== null && vault.length !== VAULT_BYTES) throw malformed("a vault has 93 bytes");
  const chosen = await sha256(lp(auth, salt, u32(memory), u32(passes), u32(lanes), vault ?? EMPTY));
  return lp(server, utf8(user), challenge, chosen);
}

function checkServer(server: Bytes): void {
  if (server.length !== SERVER_ID_BYTES) throw malformed("a server id has 16 bytes");
}
