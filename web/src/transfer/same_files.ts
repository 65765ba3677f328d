/** The files of an unfinished transfer, chosen again: the same by name and size, in the order of before. */
import { LocalFileFailed, type PeersealError } from "../errors.ts";
import { fileSource, type Source } from "../files/source.ts";
import type { About } from "./about.ts";
import type { OutgoingItem } from "./state.ts";

/** The chosen files as a source, if they are those of before by name and size. Raises `other_files`. */
export function sameFiles(about: About, items: readonly OutgoingItem[]): Source {
  if (items.length === 0) throw otherFiles(about);
  const chosen = fileSource(items).entries.map((entry, at) => [entry.path, items[at]!] as const);
  const byPath = new Map(chosen);
  const inOrder = about.entries.map(({ path }) => byPath.get(path));
  if (inOrder.length !== items.length || inOrder.some((item) => item === undefined)) throw otherFiles(about);
  const source = fileSource(inOrder as OutgoingItem[]);
  const same = source.entries.every(({ path, size, kind }, at) => {
    const before = about.entries[at];
    return before !== undefined && before.path === path && before.size === size && before.kind === kind;
  });
  if (!same) throw otherFiles(about);
  // Times may differ where a file was copied: what the receiver holds of it is compared instead. The list stays as it was sealed.
  const entries = source.entries.map((entry, at) => ({ ...entry, modified: about.entries[at]?.modified ?? entry.modified }));
  const touched = source.entries.some(({ modified }, at) => modified !== about.entries[at]?.modified);
  return { ...source, entries, touched };
}

export function otherFiles({ title }: About): PeersealError {
  return new LocalFileFailed(`These are not the files of “${title}”.`, {
    code: "other_files", hint: "Choose the same ones, unchanged.", retryable: true,
  });
}
