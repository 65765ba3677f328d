/** The vault (protocol.md §10.1): the root, sealed by the password, for the server to keep. */
import { failure } from "../errors.ts";
import { malformed, sameBytes, utf8, type Bytes } from "../wire/encoding.ts";
import { VAULT_BYTES } from "../wire/limits.ts";
import { Identity, Root } from "./identity.ts";
import { EMPTY, join, kdf, lp, u8 } from "./kdf.ts";
import { equalInConstantTime, notAuthentic, randomBytes, type Randomness } from "./primitives.ts";
import { openUnder, sealUnder } from "./sealed.ts";
import type { Secret } from "./secret.ts";

const COMMITMENT_END = 33;

/** 93 bytes: `u8 1 ‖ commitment ‖ IV ‖ Tag ‖ Ciphertext`. `user` is a canonical name, `server` 16 bytes. */
export async function sealVault(root: Root, vaultKey: Secret, user: string, server: Bytes, random: Randomness = randomBytes): Promise<Bytes> {
  const { key, commitment } = await keysOf(vaultKey);
  return join(u8(1), commitment, await sealUnder(key, context(user, server), root.reveal(), random));
}

/** The root in a vault; `not_authentic` for another password. The commitment is compared before anything is opened. */
export async function openVault(vault: Bytes, vaultKey: Secret, user: string, server: Bytes): Promise<Root> {
  if (vault.length !== VAULT_BYTES || vault[0] !== 1) throw malformed("not a vault");
  const { key, commitment } = await keysOf(vaultKey);
  if (!equalInConstantTime(vault.subarray(1, COMMITMENT_END), commitment)) throw notAuthentic();
  return new Root(await openUnder(key, context(user, server), vault.subarray(COMMITMENT_END)));
}

/** The identity of a root, which must be the one whose bundle the account shows: `key_changed`. */
export async function identityOfAccount(root: Root, bundle: Bytes): Promise<Identity> {
  const identity = await Identity.of(root);
  if (!sameBytes(identity.bundle.encoded, bundle)) throw failure("key_changed", "The account shows other keys than yours.");
  return identity;
}

async function keysOf(vaultKey: Secret): Promise<{ readonly key: Bytes; readonly commitment: Bytes }> {
  const [key, commitment] = await Promise.all([
    kdf(vaultKey.reveal(), EMPTY, "vault-key", EMPTY, 32),
    kdf(vaultKey.reveal(), EMPTY, "vault-commit", EMPTY, 32),
  ]);
  return { key, commitment };
}

function context(user: string, server: Bytes): Bytes {
  return lp(utf8("peerseal/1 vault"), utf8(user), server);
}
