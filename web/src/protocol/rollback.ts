/** What a client remembers against a server that shows older or other things (protocol.md §11 and §13.3). */
import type { OpenedBook } from "../crypto_engine.ts";
import { failure } from "../errors.ts";
import { sameBytes, type Bytes } from "../wire/encoding.ts";
import type { FileSeen } from "./book.ts";
import type { ClosingHead, OpeningHead } from "./heads.ts";

/** Both heads of one version, each verified. */
export interface Heads {
  readonly opening: OpeningHead;
  readonly closing: ClosingHead;
}

/** The newest contact book this client saw. */
export interface BookSeen {
  readonly counter: number;
  readonly hash: Bytes;
}

/**
 * Judges the verified heads of a version by what was seen of its file; `closing` is null while it arrives.
 * `between`: the heads of every version after the remembered one and before this, in order. Raises `unknown_owner`,
 * `rolled_back`, or `content_differs` for two heads of the past that do not belong together.
 */
export function judge(
  remembered: FileSeen | undefined,
  opening: OpeningHead,
  closing: ClosingHead | null,
  between: readonly Heads[] = [],
): void {
  if (remembered === undefined) return;
  if (!sameBytes(remembered.owner, opening.owner)) throw failure("unknown_owner");
  if (remembered.version === 0) return;
  if (opening.version === remembered.version) {
    if (closing === null || !sameBytes(closing.hash, remembered.closing)) throw failure("rolled_back");
    return;
  }
  let { version, closing: last } = remembered;
  for (const earlier of between) {
    earlier.closing.checkOpening(earlier.opening);
    checkLink(opening, earlier.opening, version, last);
    version = earlier.opening.version;
    last = earlier.closing.hash;
  }
  checkLink(opening, opening, version, last);
}

/** Judges that no version of a file is complete. Raises `rolled_back` if one was seen. */
export function judgeAbsent(remembered: FileSeen | undefined): void {
  if (remembered !== undefined && remembered.version > 0) throw failure("rolled_back");
}

/**
 * Judges the verified heads of what is said to arrive after `current`, itself judged; null: nothing is complete. Raises
 * `unknown_owner`, or `rolled_back` for anything but the very next version, still without its closing head.
 */
export function judgeArriving(
  remembered: FileSeen | undefined, current: Heads | null, opening: OpeningHead, closing: ClosingHead | null,
): void {
  if (closing !== null) throw failure("rolled_back");
  if (current !== null) {
    checkLink(current.opening, opening, current.opening.version, current.closing.hash);
    return;
  }
  judgeAbsent(remembered);
  judge(remembered, opening, null);
  if (opening.version !== 1) throw failure("rolled_back"); // which has no previous closing hash: another one is malformed
}

/** What to remember after this book, null if there is none. Raises `rolled_back`. */
export function judgeBook(remembered: BookSeen | null, served: Omit<OpenedBook, "plaintext"> | null): BookSeen | null {
  if (served === null) {
    if (remembered !== null) throw failure("rolled_back");
    return null;
  }
  const { counter, previous, hash } = served;
  if (remembered !== null) {
    const forked = counter === remembered.counter && !sameBytes(hash, remembered.hash);
    const torn = counter === remembered.counter + 1 && !sameBytes(previous, remembered.hash);
    if (counter < remembered.counter || forked || torn) throw failure("rolled_back");
  }
  return { counter, hash };
}

function checkLink(asked: OpeningHead, head: OpeningHead, version: number, closing: Bytes): void {
  const sameFile = sameBytes(head.owner, asked.owner) && sameBytes(head.id, asked.id);
  const follows = head.version === version + 1 && head.previous !== null && sameBytes(head.previous, closing);
  if (!sameFile || !follows) throw failure("rolled_back");
}
