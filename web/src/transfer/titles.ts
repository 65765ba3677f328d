/** What a transfer is called in one line: by what lies on top, never by what is inside it. */
export interface Named {
  readonly path: string;
  readonly kind: "file" | "directory" | "text";
}

/** "photo.jpg", "Holiday (300 files)", "Holiday, an empty folder", "Holiday and 2 more", "A message".
 *
 * `count` is all files; `entries` may be only the first of them, as an offer shows.
 */
export function title(entries: readonly Named[], count: number): string {
  const first = entries[0];
  if (first === undefined) return files(count);
  if (first.kind === "text") return "A message";
  const tops = new Map<string, boolean>(); // name on top: whether it is a folder
  for (const { path, kind } of entries) {
    const cut = path.indexOf("/");
    const top = cut < 0 ? path : path.slice(0, cut);
    tops.set(top, tops.get(top) === true || cut >= 0 || kind === "directory");
  }
  const [name, folder] = [...tops][0]!;
  const unseen = Math.max(0, count - entries.filter(({ kind }) => kind !== "directory").length);
  if (tops.size === 1 && folder) return count === 0 ? `${name}, an empty folder` : `${name} (${files(count)})`;
  if (tops.size === 1 && unseen === 0) return name;
  // Where only a part is known, what is not shown may lie in a folder: then the files are what can be counted.
  if (unseen > 0 && [...tops.values()].includes(true)) return `${name} and more (${files(count)})`;
  return `${name} and ${String(tops.size - 1 + unseen)} more`;
}

function files(count: number): string {
  return count === 1 ? "1 file" : `${String(count)} files`;
}
