/** An account in this browser: made, signed in to, left. Twin of client/account.py.
 *
 * The password never leaves this browser, only what `stretch` makes of it; the root leaves it only sealed (the vault).
 */
import { Identity, canonicalName, identityOfAccount, newRoot, type Root } from "../crypto_engine.ts";
import { Refused, ServerUnreachable, VerificationFailed, failure, hasCode } from "../errors.ts";
import type { Account, SignedIn } from "../wire/accounts.ts";
import { sameBytes, type Bytes } from "../wire/encoding.ts";
import type { Api } from "./api.ts";
import type { Keyring } from "./keyring.ts";
import { askServer } from "./server_info.ts";
import { Stretched, stretchedAt } from "./stretched.ts";

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

/** Signs in with what `stretched` proves. `key_changed` if the server signed in another account. */
export async function login({ api, label }: Device, name: string, stretched: Stretched): Promise<SignedIn> {
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

/** Keeps in this browser who is signed in, and with which keys. */
export async function keep({ keyring }: Device, { account }: SignedIn, server: Bytes, identity: Identity | null, wordsShown: boolean): Promise<Here> {
  if (identity !== null) await keyring.keepRoot(account.user, identity.root);
  await keyring.signIn({ user: account.user, wordsShown });
  return { account, server, identity };
}

/** What the step gives; if it fails, the session that was begun is ended: without keys it is of no use. */
export async function orLeave(device: Device, step: () => Promise<Here>): Promise<Here> {
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
export async function serverId({ base, keyring }: Device): Promise<Bytes> {
  const info = await askServer(base);
  if (info?.server == null) throw new ServerUnreachable("The server does not answer.", { retryable: true });
  await keyring.checkServer(info.server);
  return info.server;
}

function keysGone(): Refused {
  const hint = "Sign in again: your password brings them, or your 24 words if the copy on the server does not open.";
  return new Refused("Your keys are not in this browser any more.", { code: "no_keys", hint });
}
