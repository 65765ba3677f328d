/** An account in this browser: made, signed in to, left, changed, recovered. Twin of client/account.py and upkeep.py.
 *
 * The password never leaves this browser, only what `stretch` makes of it; the root leaves it only sealed (the vault).
 */
import {
  ARGON2_COST,
  Identity,
  canonicalName,
  identityOfAccount,
  newRoot,
  newSalt,
  openVault,
  recoveryBody,
  rootOf,
  sealVault,
  stretch,
  type PasswordKeys,
  type Root,
} from "../crypto_engine.ts";
import { PeersealError, Refused, ServerUnreachable, VerificationFailed, failure } from "../errors.ts";
import type { Account, NewPassword, PasswordParameters, SessionRow, SignedIn } from "../wire/accounts.ts";
import { sameBytes, type Bytes } from "../wire/encoding.ts";
import type { Api } from "./api.ts";
import type { Keyring } from "./keyring.ts";
import { askServer } from "./server_info.ts";

/** Where an account is opened: the server's calls, what this browser keeps, and its name among signed-in devices. */
export interface Device {
  readonly base: string;
  readonly api: Api;
  readonly keyring: Keyring;
  readonly label: string;
}

/** Somebody who is signed in here. */
export interface Here {
  readonly account: Account;
  readonly server: Bytes;
  readonly identity: Identity | null; // null: the keys are not in this browser
}

/** Who is still signed in since the last visit, if anybody. Raises what a call raises, `no_keys`, `key_changed`. */
export async function whoIsHere(device: Device): Promise<Here | null> {
  // Without a memory of anybody the server is not even asked: most visitors are guests.
  if ((await device.keyring.member()) === null) return null;
  const server = await serverId(device);
  let account: Account;
  try {
    ({ account } = await device.api.call("me", {}));
  } catch (error) {
    if (!hasCode(error, "not_signed_in")) throw error;
    await device.keyring.sessionEnded();
    return null;
  }
  const roots = await device.keyring.roots(account.user);
  const identity = await firstFitting(roots, account);
  if (identity !== null) {
    if (roots.length > 1) await device.keyring.keepRoot(account.user, identity.root);
    return { account, server, identity };
  }
  if (account.vault === null) return { account, server, identity: null };
  // Signing in again brings the keys from the vault.
  await leave(device);
  if (roots.length === 0) throw keysGone();
  throw new VerificationFailed("Your account shows other keys than those in this browser.", {
    code: "key_changed",
    hint: "If you made new keys on another device, sign in again. If not, ask whoever runs the server.",
  });
}

/** Makes an account with fresh keys and signs in; with `vault` the server keeps the root, sealed by the password.
 *
 * `invite` is the code of an invitation, where one is needed. Raises `registration_closed`, `invite`, `name_malformed`,
 * `name_taken`.
 */
export async function createAccount(device: Device, name: string, password: string, vault: boolean, invite: string | null = null): Promise<Here> {
  const user = canonicalName(name);
  const server = await serverId(device);
  const root = newRoot();
  const identity = await Identity.of(root);
  const chosen = await Stretched.fresh(password, user, server);
  const proof = chosen.newPassword(vault ? await chosen.seal(root) : null);
  const body = { name, bundle: identity.bundle.encoded, password: proof, invite };
  await device.api.call("register", { body });
  try {
    const signed = await login(device, name, chosen);
    return await orLeave(device, () => keep(device, signed, server, identity, false));
  } catch (error) {
    if (!hasCode(error, "login_failed")) throw error;
    const hint = "Choose another; if the account is yours, sign in.";
    throw new Refused("This name is taken.", { code: "name_taken", hint });
  }
}

/** Signs in. The root comes from the vault, or is here since an earlier visit; else `identity` is null.
 *
 * Raises `login_failed`, `weak_parameters`, `key_changed`.
 */
export async function signIn(device: Device, name: string, password: string): Promise<Here> {
  const user = canonicalName(name);
  const server = await serverId(device);
  const stretched = await stretchedAt(device, user, password);
  const signed = await login(device, name, stretched);
  return orLeave(device, async () => {
    const identity = await identityAt(device, signed.account, stretched);
    return keep(device, signed, server, identity, true);
  });
}

/** Ends this session and forgets everything of this person here. */
export async function signOut(device: Device, user: string): Promise<void> {
  try {
    await device.api.call("logout", { body: {} });
  } catch (error) {
    if (!hasCode(error, "not_signed_in")) throw error;
  }
  await device.keyring.signOut(user);
}

/** The keys by the 24 words. Raises `words_malformed`, and `key_changed` for another account's. */
export async function restoreKeys(device: Device, here: Here, words: string): Promise<Here> {
  const root = await rootOf(words);
  try {
    const identity = await identityOfAccount(root, here.account.bundle);
    await device.keyring.keepRoot(here.account.user, root);
    return { ...here, identity };
  } catch (error) {
    if (!hasCode(error, "key_changed")) throw error;
    const hint = "Check that they are this account's, and the newest if you made new keys.";
    throw new Refused("These words are another account's.", { code: "key_changed", hint });
  }
}

/** Sets a new password by the 24 words and signs in with it. Raises `words_malformed`, `login_failed`. */
export async function recover(device: Device, name: string, words: string, password: string): Promise<Here> {
  const user = canonicalName(name);
  const root = await rootOf(words);
  const server = await serverId(device);
  const chosen = await Stretched.fresh(password, user, server);
  const next = chosen.newPassword(await chosen.seal(root));
  const identity = await Identity.of(root);
  const { server: said, challenge } = await device.api.call("recover_challenge", { body: { name } });
  await device.keyring.checkServer(said);
  const signature = await identity.sign("recover", await recoveryBody(said, user, challenge, next));
  try {
    await device.api.call("recover", { body: { name, challenge, signature, password: next } });
  } catch (error) {
    if (!hasCode(error, "login_failed")) throw error;
    const hint = "Check the name and the words; nothing was changed.";
    throw new Refused("These are not the words of an account of this name.", { code: "login_failed", hint });
  }
  const signed = await login(device, name, chosen);
  return orLeave(device, () => keep(device, signed, server, identity, true));
}

/** Replaces the password; the vault, if there is one, is sealed anew. All other sessions end. */
export async function changePassword(device: Device, here: Here, old: string, password: string): Promise<Here> {
  const { user, vault } = here.account;
  if (vault !== null && here.identity === null) throw keysMissing();
  const proof = await stretchedAt(device, user, old);
  const chosen = await Stretched.fresh(password, user, here.server);
  const sealed = vault === null || here.identity === null ? null : await chosen.seal(here.identity.root);
  const body = { auth: proof.auth, password: chosen.newPassword(sealed) };
  const { account } = await device.api.call("change_password", { body });
  return { ...here, account };
}

/** Keeps the root at the server, sealed by the password, or no longer. */
export async function setVault(device: Device, here: Here, password: string, on: boolean): Promise<Here> {
  if (here.identity === null) throw keysMissing();
  const proof = await stretchedAt(device, here.account.user, password);
  const vault = on ? await proof.seal(here.identity.root) : null;
  await device.api.call("change_vault", { body: { auth: proof.auth, vault } });
  return { ...here, account: { ...here.account, vault } };
}

/** Starts over with fresh keys: contacts and every file sealed for the old ones are gone. */
export async function newKeys(device: Device, here: Here, password: string): Promise<Here> {
  const { user } = here.account;
  const proof = await stretchedAt(device, user, password);
  const root = newRoot();
  const identity = await Identity.of(root);
  const vault = here.account.vault === null ? null : await proof.seal(root);
  // Kept before the server is told: keys that are nowhere would be the end of the account.
  await device.keyring.keepNext(user, root);
  await device.api.call("change_identity", { body: { auth: proof.auth, bundle: identity.bundle.encoded, vault } });
  await device.keyring.keepRoot(user, root);
  await device.keyring.signIn({ user, wordsShown: false });
  return { ...here, account: { ...here.account, bundle: identity.bundle.encoded, vault, used: 0 }, identity };
}

/** Deletes the account with everything of it on the server, and forgets it here. */
export async function deleteAccount(device: Device, here: Here, password: string): Promise<void> {
  const proof = await stretchedAt(device, here.account.user, password);
  await device.api.call("delete_account", { body: { auth: proof.auth } });
  await device.keyring.signOut(here.account.user);
}

/** All signed-in devices. */
export async function sessions(device: Device): Promise<readonly SessionRow[]> {
  return (await device.api.call("sessions", {})).sessions;
}

/** A password stretched for one account. Holds secrets. */
class Stretched {
  readonly #keys: PasswordKeys;
  readonly #user: string;
  readonly #said: PasswordParameters;

  private constructor(keys: PasswordKeys, user: string, said: PasswordParameters) {
    this.#keys = keys;
    this.#user = user;
    this.#said = said;
  }

  static async of(password: string, user: string, said: PasswordParameters): Promise<Stretched> {
    return new Stretched(await stretch(password, user, said), user, said);
  }

  /** A new password, with a salt of its own and the usual parameters. */
  static fresh(password: string, user: string, server: Bytes): Promise<Stretched> {
    return Stretched.of(password, user, { server, salt: newSalt(), ...ARGON2_COST });
  }

  /** What proves the password to the server. */
  get auth(): Bytes {
    return this.#keys.auth.reveal();
  }

  seal(root: Root): Promise<Bytes> {
    return sealVault(root, this.#keys.vaultKey, this.#user, this.#said.server);
  }

  open(vault: Bytes): Promise<Root> {
    return openVault(vault, this.#keys.vaultKey, this.#user, this.#said.server);
  }

  newPassword(vault: Bytes | null): NewPassword {
    const { salt, memory, passes, lanes } = this.#said;
    return { auth: this.auth, salt, memory, passes, lanes, vault };
  }
}

/** The password as the server's parameters for this account have it: `weak_parameters`, `key_changed`. */
async function stretchedAt({ api, keyring }: Device, user: string, password: string): Promise<Stretched> {
  const said = await api.call("login_params", { body: { name: user } });
  await keyring.checkServer(said.server);
  return Stretched.of(password, user, said);
}

async function login({ api, label }: Device, name: string, stretched: Stretched): Promise<SignedIn> {
  const signed = await api.call("login", { body: { name, auth: stretched.auth, keep: "cookie", label } });
  if (signed.account.user !== canonicalName(name)) {
    throw failure("key_changed", "The server signed in somebody else than was asked for.");
  }
  return signed;
}

/** The keys of the account that was signed in to: from the vault, or from an earlier visit; null if neither has them. */
async function identityAt({ keyring }: Device, account: Account, stretched: Stretched): Promise<Identity | null> {
  if (account.vault !== null) {
    try {
      return await identityOfAccount(await stretched.open(account.vault), account.bundle);
    } catch (error) {
      // A vault that does not open: the words can still bring the keys. One that opens to other keys is no mistake.
      if (!hasCode(error, "not_authentic") && !hasCode(error, "malformed")) throw error;
    }
  }
  return firstFitting(await keyring.roots(account.user), account);
}

async function firstFitting(roots: readonly Root[], { bundle }: Account): Promise<Identity | null> {
  for (const root of roots) {
    const identity = await Identity.of(root);
    if (sameBytes(identity.bundle.encoded, bundle)) return identity;
  }
  return null;
}

async function keep({ keyring }: Device, { account }: SignedIn, server: Bytes, identity: Identity | null, wordsShown: boolean): Promise<Here> {
  if (identity !== null) await keyring.keepRoot(account.user, identity.root);
  await keyring.signIn({ user: account.user, wordsShown });
  return { account, server, identity };
}

/** What the step gives; if it fails, the session that was begun is ended: without keys it is of no use. */
async function orLeave(device: Device, step: () => Promise<Here>): Promise<Here> {
  try {
    return await step();
  } catch (error) {
    await leave(device);
    throw error;
  }
}

async function leave({ api, keyring }: Device): Promise<void> {
  await api.call("logout", { body: {} }).catch(() => undefined);
  await keyring.sessionEnded();
}

/** The server's id, which must be the pinned one. Raises `server_unreachable`, `key_changed`. */
async function serverId({ base, keyring }: Device): Promise<Bytes> {
  const info = await askServer(base);
  if (info?.server == null) throw new ServerUnreachable("The server does not answer.", { retryable: true });
  await keyring.checkServer(info.server);
  return info.server;
}

function keysMissing(): Refused {
  const hint = "Bring them with your 24 words first.";
  return new Refused("Your keys are not in this browser.", { code: "no_keys", hint });
}

function keysGone(): Refused {
  const hint = "Sign in again: your password brings them, or your 24 words if the copy on the server does not open.";
  return new Refused("Your keys are not in this browser any more.", { code: "no_keys", hint });
}

export function hasCode(error: unknown, code: string): boolean {
  return error instanceof PeersealError && error.code === code;
}
