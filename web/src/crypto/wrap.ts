/** File keys for people (protocol.md §12.2): wrapped for one recipient's bundle, or for oneself. */
import { malformed, type Bytes } from "../wire/encoding.ts";
import { OWN_WRAP_BYTES, WRAP_BYTES } from "../wire/limits.ts";
import { FileKey, fileContext } from "./file_key.ts";
import type { Bundle, Identity, SharedSecret } from "./identity.ts";
import { join, kdf, lp, u64, u8 } from "./kdf.ts";
import {
  KEM_CIPHERTEXT_BYTES,
  X25519_BYTES,
  kemEncapsulate,
  randomBytes,
  sha256,
  x25519Public,
  x25519Shared,
  type Randomness,
} from "./primitives.ts";
import { openUnder, sealUnder } from "./sealed.ts";

const CIPHERTEXT_AT = 1 + X25519_BYTES;
const SEALED_AT = CIPHERTEXT_AT + KEM_CIPHERTEXT_BYTES;

interface Agreement {
  readonly pairwise: SharedSecret;
  readonly x25519: Bytes;
  readonly kem: Bytes;
  readonly ephemeral: Bytes;
  readonly ciphertext: Bytes;
}

/** `u8 1 ‖ E ‖ CT ‖ IV ‖ Tag ‖ Ciphertext`, 1 181 bytes. `recipient` comes from the contact book, `pairwise` belongs to it. */
export async function wrap(
  key: FileKey,
  identity: Identity,
  pairwise: SharedSecret,
  recipient: Bundle,
  id: Bytes,
  version: number,
  random: Randomness = randomBytes,
): Promise<Bytes> {
  const secret = random(X25519_BYTES);
  const ephemeral = await x25519Public(secret);
  const { ciphertext, secret: kem } = await kemEncapsulate(recipient.kem, random(32));
  const x25519 = await x25519Shared(secret, recipient.x25519);
  secret.fill(0);
  const agreed = { pairwise, x25519, kem, ephemeral, ciphertext };
  const wrapKey = await keyOf(agreed, identity.bundle, recipient, id, version);
  const associated = wrapContext(id, version, identity.fingerprint, recipient.fingerprint);
  return join(u8(1), ephemeral, ciphertext, await sealUnder(wrapKey, associated, key.reveal(), random));
}

/** The file key `sender` wrapped for this identity. `malformed`, `invalid_peer_key` or `not_authentic`. */
export async function unwrap(
  wrapped: Bytes,
  identity: Identity,
  pairwise: SharedSecret,
  sender: Bundle,
  id: Bytes,
  version: number,
): Promise<FileKey> {
  if (wrapped.length !== WRAP_BYTES || wrapped[0] !== 1) throw malformed("not a wrapped key");
  const [ephemeral, ciphertext] = [wrapped.slice(1, CIPHERTEXT_AT), wrapped.slice(CIPHERTEXT_AT, SEALED_AT)];
  const agreed = { pairwise, ...(await identity.agree(ephemeral, ciphertext)), ephemeral, ciphertext };
  const wrapKey = await keyOf(agreed, sender, identity.bundle, id, version);
  const associated = wrapContext(id, version, sender.fingerprint, identity.fingerprint);
  return new FileKey(await openUnder(wrapKey, associated, wrapped.subarray(SEALED_AT)));
}

/** `u8 2 ‖ IV ‖ Tag ‖ Ciphertext`, 61 bytes, for oneself. */
export async function wrapOwn(key: FileKey, identity: Identity, id: Bytes, version: number, random: Randomness = randomBytes): Promise<Bytes> {
  const associated = wrapContext(id, version, identity.fingerprint, identity.fingerprint);
  return join(u8(2), await sealUnder(await ownKey(identity, id, version), associated, key.reveal(), random));
}

/** The file key in a wrap for oneself. */
export async function unwrapOwn(wrapped: Bytes, identity: Identity, id: Bytes, version: number): Promise<FileKey> {
  if (wrapped.length !== OWN_WRAP_BYTES || wrapped[0] !== 2) throw malformed("not a wrapped key of one's own");
  const associated = wrapContext(id, version, identity.fingerprint, identity.fingerprint);
  return new FileKey(await openUnder(await ownKey(identity, id, version), associated, wrapped.subarray(1)));
}

async function ownKey(identity: Identity, id: Bytes, version: number): Promise<Bytes> {
  return identity.ownKey("own-wrap", fileContext(id, version));
}

async function keyOf(agreed: Agreement, sender: Bundle, recipient: Bundle, id: Bytes, version: number): Promise<Bytes> {
  const ikm = lp(agreed.pairwise.reveal(), agreed.x25519, agreed.kem);
  const salt = await sha256(lp(sender.encoded, recipient.encoded, agreed.ephemeral, agreed.ciphertext));
  return kdf(ikm, salt, "wrap", fileContext(id, version), 32);
}

function wrapContext(id: Bytes, version: number, sender: Bytes, recipient: Bytes): Bytes {
  return lp(id, u64(version), sender, recipient);
}
