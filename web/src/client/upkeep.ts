/** What an owner changes about an account: password, vault, keys, recovery by the 24 words, its end. Twin of client/upkeep.py. */
import { Identity, canonicalName, identityOfAccount, newRoot, recoveryBody, rootOf } from "../crypto_engine.ts";
import { Refused, hasCode } from "../errors.ts";
import type { SessionRow } from "../wire/accounts.ts";
import { keep, login, orLeave, serverId, type Device, type Here } from "./account.ts";
import { Stretched, stretchedAt } from "./stretched.ts";

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

function keysMissing(): Refused {
  const hint = "Bring them with your 24 words first.";
  return new Refused("Your keys are not in this browser.", { code: "no_keys", hint });
}
