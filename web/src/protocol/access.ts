/** The access list (protocol.md §13.4): who may have a file, signed by its owner and counted upwards. */
import { compareBytes, join, joinSigned, lp, readLp, readU64, u64, type Bundle, type Identity } from "../crypto_engine.ts";
import { failure } from "../errors.ts";
import { malformed, sameBytes, type Bytes } from "../wire/encoding.ts";
import { ACCESS_MAX_BYTES, FINGERPRINT_BYTES, ID_BYTES } from "../wire/limits.ts";

/** Recipients and links of one file. A pure value: changes give another list with the next counter. */
export class AccessList {
  readonly id: Bytes;
  readonly counter: number;
  /** Fingerprints of all recipients but the owner, sorted. */
  readonly recipients: readonly Bytes[];
  /** Ids of all links, sorted. */
  readonly links: readonly Bytes[];

  constructor(id: Bytes, counter: number, recipients: readonly Bytes[], links: readonly Bytes[]) {
    if (id.length !== ID_BYTES || !Number.isSafeInteger(counter) || counter < 1) throw malformed("an access list counts from 1");
    this.id = id;
    this.counter = counter;
    this.recipients = sortedOnce(recipients, FINGERPRINT_BYTES);
    this.links = sortedOnce(links, ID_BYTES);
  }

  /** The next list, with these. */
  next(recipients: readonly Bytes[], links: readonly Bytes[]): AccessList {
    return new AccessList(this.id, this.counter + 1, recipients, links);
  }

  lists(fingerprint: Bytes): boolean {
    return this.recipients.some((one) => sameBytes(one, fingerprint));
  }

  /** Raises `not_listed` unless this recipient is on it. */
  checkListed(fingerprint: Bytes): void {
    if (!this.lists(fingerprint)) throw failure("not_listed");
  }

  /** Raises `content_differs` for another file's list, `rolled_back` for one older than `remembered`. */
  check(id: Bytes, remembered = 0): void {
    if (!sameBytes(this.id, id)) throw failure("content_differs");
    if (this.counter < remembered) throw failure("rolled_back");
  }

  /** `u8 1 ‖ LP(body, signature)`. */
  async sign(identity: Identity): Promise<Bytes> {
    const body = lp(this.id, u64(this.counter), join(...this.recipients), join(...this.links));
    const signed = joinSigned(body, await identity.sign("access", body));
    if (signed.length > ACCESS_MAX_BYTES) throw malformed("an access list of more than 16 KiB");
    return signed;
  }
}

/** The access list in a signed text, verified: `malformed` or `signature_invalid`. */
export async function readAccess(signed: Bytes, owner: Bundle): Promise<AccessList> {
  const body = await owner.readSigned("access", signed);
  const [of, counter, recipients, links] = readLp(body, 4);
  if (!of || !counter || !recipients || !links) throw malformed("an access list");
  const list = new AccessList(of, readU64(counter), cut(recipients, FINGERPRINT_BYTES), cut(links, ID_BYTES));
  if (!sameBytes(join(...list.recipients), recipients) || !sameBytes(join(...list.links), links)) throw malformed("an unsorted list");
  return list;
}

function sortedOnce(items: readonly Bytes[], length: number): readonly Bytes[] {
  if (items.some((item) => item.length !== length)) throw malformed("an item of a wrong length");
  const sorted = [...items].sort(compareBytes);
  if (sorted.some((item, at) => at > 0 && compareBytes(sorted[at - 1] ?? item, item) === 0)) throw malformed("the same twice");
  return sorted;
}

function cut(joined: Bytes, length: number): Bytes[] {
  if (joined.length % length !== 0) throw malformed("a list of a wrong length");
  return Array.from({ length: joined.length / length }, (_, at) => joined.slice(at * length, (at + 1) * length));
}
