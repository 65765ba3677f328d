/** Links (protocol.md §14): a secret behind the `#`, the keys made from it, and a file key wrapped for whoever has it. */
import { failure } from "../errors.ts";
import { base64urlDecode, base64urlEncode, hexDecode, hexEncode, malformed, sameBytes, type Bytes } from "../wire/encoding.ts";
import { FINGERPRINT_BYTES, ID_BYTES, LINK_WRAP_BYTES } from "../wire/limits.ts";
import { FileKey } from "./file_key.ts";
import { EMPTY, join, kdf, lp, u64 } from "./kdf.ts";
import { ARGON2_COST, argon2OfPassword, type Progress } from "./password.ts";
import { randomBytes, sha256, type Randomness } from "./primitives.ts";
import { openUnder, sealUnder } from "./sealed.ts";

export const LINK_SECRET_LENGTH = 32;
const OWNER_BYTES = 16; // of the fingerprint
const LINK = /^([^#]*)\/s\/([0-9a-f]{32})#([A-Za-z0-9_-]{64})$/;

/** What stands behind a link's `#`. */
export interface Fragment {
  readonly secret: Bytes; // 32 bytes
  readonly owner: Bytes; // the first 16 bytes of the owner's fingerprint
}

/** What a link says. */
export interface LinkParts extends Fragment {
  readonly address: string; // of the server, without a slash at the end
  readonly link: Bytes; // 16 bytes
}

export function newLinkSecret(random: Randomness = randomBytes): Bytes {
  return random(LINK_SECRET_LENGTH);
}

/** The whole link, to give to somebody. `owner` is a fingerprint. */
export function linkText(address: string, link: Bytes, secret: Bytes, owner: Bytes): string {
  checkLengths(link, secret);
  if (owner.length !== FINGERPRINT_BYTES) throw malformed("a fingerprint has 32 bytes");
  const fragment = base64urlEncode(join(secret, owner.subarray(0, OWNER_BYTES)));
  return `${address.replace(/\/+$/, "")}/s/${hexEncode(link)}#${fragment}`;
}

/** The parts of a link; `malformed` if it is not one. */
export function readLink(text: string): LinkParts {
  const [, address, link, fragment] = LINK.exec(text) ?? [];
  if (address === undefined || link === undefined || fragment === undefined) throw malformed("this is not a link");
  return { address, link: hexDecode(link), ...parseFragment(fragment) };
}

/** Reads a link's fragment, without the `#`; `malformed`. */
export function parseFragment(text: string): Fragment {
  const bytes = base64urlDecode(text, LINK_SECRET_LENGTH + OWNER_BYTES);
  return { secret: bytes.slice(0, LINK_SECRET_LENGTH), owner: bytes.slice(LINK_SECRET_LENGTH) };
}

/** Raises `unknown_owner` unless the link was made by whom this fingerprint belongs to. */
export function checkLinkOwner({ owner }: Pick<Fragment, "owner">, fingerprint: Bytes): void {
  if (!sameBytes(owner, fingerprint.subarray(0, OWNER_BYTES))) throw failure("unknown_owner");
}

/** What follows from a link and its password. */
export interface LinkKeys {
  readonly m: Bytes; // the owner keeps it, sealed
  readonly token: Bytes; // shown to the server
  readonly wrapKey: Bytes;
}

/** The keys of a link; with a password (not empty) this takes a second or more. */
export async function linkKeys(secret: Bytes, password: string | null, link: Bytes, progress?: Progress): Promise<LinkKeys> {
  checkLengths(link, secret);
  let p = EMPTY;
  if (password !== null && password !== "") {
    const salt = await kdf(secret, EMPTY, "link-salt", link, 16);
    p = await argon2OfPassword(password, salt, ARGON2_COST, progress);
  }
  return linkKeysOf(await kdf(lp(secret, p), EMPTY, "link", link, 32));
}

/** The keys that follow from m. */
export async function linkKeysOf(m: Bytes): Promise<LinkKeys> {
  const [token, wrapKey] = await Promise.all([kdf(m, EMPTY, "link-token", EMPTY, 32), kdf(m, EMPTY, "link-wrap", EMPTY, 32)]);
  return { m, token, wrapKey };
}

/** What the server keeps to compare tokens with. */
export async function tokenHash(token: Bytes): Promise<Bytes> {
  return sha256(token);
}

/** 60 bytes. `owner` is the owner's fingerprint. */
export async function wrapForLink(
  key: FileKey,
  { wrapKey }: Pick<LinkKeys, "wrapKey">,
  id: Bytes,
  version: number,
  owner: Bytes,
  random: Randomness = randomBytes,
): Promise<Bytes> {
  return sealUnder(wrapKey, lp(id, u64(version), owner), key.reveal(), random);
}

/** The file key of a link; `not_authentic` if link or password is another. */
export async function unwrapForLink(
  wrapped: Bytes,
  { wrapKey }: Pick<LinkKeys, "wrapKey">,
  id: Bytes,
  version: number,
  owner: Bytes,
): Promise<FileKey> {
  if (wrapped.length !== LINK_WRAP_BYTES) throw malformed("a key wrapped for a link has 60 bytes");
  return new FileKey(await openUnder(wrapKey, lp(id, u64(version), owner), wrapped));
}

function checkLengths(link: Bytes, secret: Bytes): void {
  if (link.length !== ID_BYTES || secret.length !== LINK_SECRET_LENGTH) throw malformed("a link id or secret of a wrong length");
}
