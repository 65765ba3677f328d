/** What a transfer is called in one line. */
export interface Named {
  readonly path: string;
  readonly kind: "file" | "directory" | "text";
}

/** "photo.jpg", "Holiday (300 files)", "photo.jpg and 4 more", "A message". `count` is all files, known or not. */
export function title(entries: readonly Named[], count: number): string {
  const first = entries[0];
  if (first === undefined) return count === 1 ? "1 file" : `${String(count)} files`;
  if (first.kind === "text") return "A message";
  const top = first.path.split("/", 1)[0]!;
  const folder = first.kind === "directory" || first.path.includes("/");
  const files = count === 1 ? "1 file" : `${String(count)} files`;
  if (folder && entries.every(({ path }) => path.split("/", 1)[0] === top)) return `${top} (${files})`;
  if (count <= 1 && entries.length === 1) return first.path;
  return `${top} and ${String(Math.max(count, entries.length) - 1)} more`;
}
