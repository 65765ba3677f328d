/** A limit as an operator writes it: "50 GB", "1.5t", "700 B"; a number alone is GB. Pure. */

/** "50 GB" and "50" → 50 000 000 000; null for what is no size. */
export function readSize(text: string): number | null {
  const match = /^\s*(\d{1,15}(?:[.,]\d{1,12})?)\s*(k|m|g|t)?(b)?\s*$/i.exec(text);
  if (match === null) return null;
  const letter = (match[2] ?? (match[3] === undefined ? "g" : "")).toLowerCase();
  const unit = { k: 1e3, m: 1e6, g: 1e9, t: 1e12 }[letter] ?? 1;
  const bytes = Math.round(Number((match[1] ?? "").replace(",", ".")) * unit);
  return Number.isSafeInteger(bytes) ? bytes : null;
}

/** A limit in bytes as the field shows it: read again, it is the same. */
export function writtenSize(bytes: number): string {
  for (const [unit, name] of [[1e12, "TB"], [1e9, "GB"], [1e6, "MB"], [1e3, "kB"]] as const) {
    const text = `${bytes / unit} ${name}`;
    if (bytes >= unit && readSize(text) === bytes) return text;
  }
  return `${bytes} B`;
}
