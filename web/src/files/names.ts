/** Names: a legal wire path on this disk, and a disk name on the wire.
 *
 * The mapping (docs/architecture.md, "Names on the receiver's disk") is the same on every system, so what a folder
 * looks like does not depend on where it lands. It never yields `.`, `..`, a separator or a drive.
 */

/** Bytes one component may take on the disk and on the wire. */
const MAX_COMPONENT = 255;

const FORBIDDEN = /[<>:"|?*/\\]/u;
const BIDI = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u;
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\p{Surrogate}]/u;
const DEVICE = /^(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9¹²³])$/u;

/** The components under which a legal wire path is kept here. */
export function localComponents(wirePath: string): readonly string[] {
  return wirePath.split("/").map(localComponent);
}

function localComponent(component: string): string {
  if (component === "" || component === "." || component === "..") return "_".repeat(Math.max(1, component.length));
  let kept = "";
  for (const c of component) kept += FORBIDDEN.test(c) || BIDI.test(c) || CONTROL.test(c) ? "_" : c;
  const stem = kept.replace(/[. ]+$/u, "");
  kept = stem + "_".repeat(kept.length - stem.length);
  if (DEVICE.test(kept.split(".", 1)[0]!.replace(/ +$/u, "").toLowerCase())) kept = `_${kept}`;
  return fit(kept);
}

/** `name` with `addition` before its extension, shortened in its stem to at most 255 bytes. */
export function fit(name: string, addition = ""): string {
  let [stem, extension] = splitExtension(name);
  if (byteLength(extension) + byteLength(addition) >= MAX_COMPONENT) [stem, extension] = [name, ""];
  return cut(stem, MAX_COMPONENT - byteLength(addition + extension)) + addition + extension;
}

/** The `number`-th other name for a taken one: `a (1).txt`; a folder has no extension to keep. */
export function numbered(name: string, number: number, folder = false): string {
  if (number === 0) return name;
  const addition = ` (${String(number)})`;
  return folder ? cut(name, MAX_COMPONENT - addition.length) + addition : fit(name, addition);
}

/** Stem and extension with its dot; `.tar` stays with what compressed it; a leading dot is no extension. */
export function splitExtension(name: string): [stem: string, extension: string] {
  const dot = name.lastIndexOf(".");
  const stem = name.slice(0, Math.max(0, dot));
  if (dot < 0 || /^\.*$/u.test(stem)) return [name, ""];
  if (stem.toLowerCase().endsWith(".tar") && stem.length > 4) return [stem.slice(0, -4), stem.slice(-4) + name.slice(dot)];
  return [stem, name.slice(dot)];
}

/** A path of this device as it may stand on the wire (docs/protocol.md §4.3); legal ones come back unchanged. */
export function wirePath(path: string): string {
  const components = path.split("/").filter((component) => component !== "");
  return components.map((component, at) => wireComponent(component, at === 0)).join("/") || "_";
}

function wireComponent(name: string, first: boolean): string {
  let kept = "";
  for (const c of name) kept += CONTROL.test(c) || c === "\\" ? "_" : c;
  const decoded = kept.toLowerCase().replaceAll("%2e", ".");
  if (decoded === "." || decoded === ".." || kept === "") kept = `_${kept.replaceAll("%", "_").replaceAll(".", "_")}`;
  if (first && kept.startsWith("~")) kept = `_${kept.slice(1)}`;
  if (first && /^\p{L}:/u.test(kept)) kept = kept.replace(":", "_");
  return fit(kept);
}

/** Gives each name once: a taken one gets ` (1)`. Unless told otherwise, upper and lower case count as the same. */
export class UniqueNames {
  private readonly taken = new Set<string>();
  /** The next number to try, for names that become the same with a number of so many digits. */
  private readonly next = new Map<string, number>();
  private readonly foldCase: boolean;

  constructor(foldCase = true) {
    this.foldCase = foldCase;
  }

  claim(name: string, folder = false): string {
    if (this.take(name)) return name;
    // A long name loses its end to the number: those alike from there on share their numbers, and none is tried twice.
    for (let first = 1; ; first *= 10) {
      const alike = this.folded(numbered(name, first, folder));
      for (let number = this.next.get(alike) ?? first; number < first * 10; number++) {
        const free = numbered(name, number, folder);
        this.next.set(alike, number + 1);
        if (this.take(free)) return free;
      }
    }
  }

  private take(name: string): boolean {
    const key = this.folded(name);
    if (this.taken.has(key)) return false;
    this.taken.add(key);
    return true;
  }

  private folded(name: string): string {
    return this.foldCase ? name.normalize("NFC").toLowerCase() : name;
  }
}

/** Local paths for the wire paths of one transfer: two that would fall together on this disk stay apart. */
export class LocalPaths {
  private readonly folders = new Map<string, readonly string[]>();
  private readonly names = new Map<string, UniqueNames>();

  /** The components of a file or folder. A folder keeps the place it was given first. */
  place(wire: string, folder: boolean): readonly string[] {
    const known = folder ? this.folders.get(wire) : undefined;
    if (known !== undefined) return known;
    const cut = wire.lastIndexOf("/");
    const parent = cut < 0 ? [] : this.place(wire.slice(0, cut), true);
    const key = parent.join("/");
    const names = this.names.get(key) ?? new UniqueNames();
    this.names.set(key, names);
    const place = [...parent, names.claim(localComponents(wire.slice(cut + 1))[0]!, folder)];
    if (folder) this.folders.set(wire, place);
    return place;
  }
}

function byteLength(text: string): number {
  return new TextEncoder().encode(text).length;
}

/** The longest beginning of `text` that takes at most `bytes` bytes and splits no character. */
function cut(text: string, bytes: number): string {
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(bytes));
  return text.slice(0, read);
}
