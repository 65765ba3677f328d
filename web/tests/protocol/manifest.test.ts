import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ManifestReader, ManifestWriter, cut, type Entry, type NewEntry } from "../../src/protocol/manifest.ts";
import { Rules } from "../../src/protocol/entries.ts";
import type { Bytes } from "../../src/wire/encoding.ts";
import { codeOf } from "../support/codes.ts";

const SIZE = 64;

function read(bytes: Bytes, size = SIZE): ManifestReader {
  const reader = new ManifestReader(size);
  const records = cut(bytes, size);
  records.forEach((record, index) => reader.feed(index, record, index === records.length - 1));
  return reader;
}

function written(entries: readonly NewEntry[], size = SIZE): ManifestReader {
  return read(new ManifestWriter(false, size).entries(entries), size);
}

const file = (path: string, size: number | null = 1): NewEntry => ({ kind: "file", path, size });
const directory = (path: string): NewEntry => ({ kind: "directory", path, size: 0 });
const text = (size: number | null = 1): NewEntry => ({ kind: "text", path: "", size });

test("what is written is read, for any record size", () => {
  const files = fc.uniqueArray(fc.stringMatching(/^[a-zé]{1,40}$/u), { maxLength: 12 }).chain((names) =>
    fc.tuple(
      ...names.map((path) =>
        fc.record<Entry>({
          kind: fc.constant("file"),
          path: fc.constant(path),
          size: fc.nat(2 ** 40),
          modified: fc.maxSafeNat(),
          executable: fc.boolean(),
          mediaType: fc.constantFrom("", "text/plain", "image/png"),
        }),
      ),
    ),
  );
  fc.assert(
    fc.property(files, fc.integer({ min: 64, max: 1000 }), (entries, size) => {
      const reader = written(entries, size);
      expect(reader.entries).toEqual(entries);
      expect(reader.closed && reader.headComplete).toBe(true);
      reader.check(entries.reduce((sum, entry) => sum + (entry.size ?? 0), 0));
    }),
  );
});

test("changed bytes raise typed errors or read as another manifest, and never anything else", () => {
  const bytes = new ManifestWriter(false, 4096).entries([file("a/b", 3), directory("c"), file("d", 4)]);
  fc.assert(
    fc.property(fc.nat(bytes.length - 1), fc.nat(255), (at, value) => {
      const changed = bytes.slice();
      changed[at] = value;
      expect(["ok", "manifest_invalid", "unsafe_name"]).toContain(codeOf(() => read(changed, 4096)));
    }),
    { numRuns: 1000 },
  );
});

test("a manifest cut off anywhere is refused", () => {
  const bytes = new ManifestWriter(false, 4096).entries([file("a"), file("b")]);
  for (let length = 0; length < bytes.length; length++) {
    const code = codeOf(() => read(bytes.subarray(0, length), 4096).check(2));
    expect(code, `${length} of ${bytes.length} bytes`).toBe("manifest_invalid");
  }
});

test.each<[string, readonly NewEntry[]]>([
  ["a path twice", [file("a"), file("a")]],
  ["a file and folder of one name", [file("a"), directory("a")]],
  ["a file that is a parent", [file("a"), file("a/b")]],
  ["a file that is a parent, later", [file("a/b/c"), file("a")]],
  ["two texts", [text(), text()]],
  ["a text beside a file", [file("a"), text()]],
  ["a file beside a text", [text(), directory("a")]],
  ["a size given later, if closed", [file("a", null)]],
  ["sums beyond 2^53 - 1", [file("a", Number.MAX_SAFE_INTEGER), file("b", 1)]],
])("%s is refused", (_, entries) => {
  expect(codeOf(() => written(entries))).toBe("manifest_invalid");
});

test("folders may be listed and hold files", () => {
  expect(written([directory("a"), file("a/b"), directory("a/c"), file("a/c/d")]).entries).toHaveLength(4);
});

test("an unsafe name is not written and not read", () => {
  expect(codeOf(() => new ManifestWriter(false, SIZE).entries([file("../x")]))).toBe("unsafe_name");
  const bytes = new ManifestWriter(false, 4096).entries([file("aa/x")]);
  bytes.set([0x2e, 0x2e], bytes.length - 8);
  expect(codeOf(() => read(bytes, 4096))).toBe("unsafe_name");
});

test("records in another order, of another length or after the end are refused", () => {
  const bytes = new ManifestWriter(false, SIZE).entries([file("a".repeat(100))]);
  expect(codeOf(() => new ManifestReader(SIZE).feed(1, bytes.subarray(0, SIZE), false))).toBe("out_of_order");
  expect(codeOf(() => new ManifestReader(SIZE).feed(0, bytes.subarray(0, SIZE - 1), false))).toBe("malformed");
  const reader = read(bytes);
  expect(codeOf(() => reader.feed(3, new Uint8Array(0), true))).toBe("out_of_order");
});

test("content must be what the sizes say", () => {
  const reader = written([file("a", 3), file("b", 4)]);
  reader.place(7);
  reader.check(7);
  expect(codeOf(() => reader.check(6))).toBe("manifest_invalid");
  expect(codeOf(() => reader.place(1))).toBe("manifest_invalid");
});

describe("an open manifest", () => {
  function feedAll(reader: ManifestReader, bytes: Bytes): number {
    const first = reader.headRecords === 0 ? 0 : count;
    const records = cut(bytes, SIZE);
    records.forEach((record, at) => reader.feed(first + at, record, false));
    count = first + records.length;
    return count;
  }
  let count = 0;

  function begun(entries: readonly NewEntry[]): readonly [ManifestWriter, ManifestReader] {
    const writer = new ManifestWriter(true, SIZE);
    const reader = new ManifestReader(SIZE);
    feedAll(reader, writer.entries(entries));
    return [writer, reader];
  }

  test("ends its head at a record and gives a size once, later", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z]{1,200}$/), fc.nat(1000), (path, size) => {
        const [writer, reader] = begun([file(path, null)]);
        expect([reader.headComplete, reader.closed, reader.entries[0]?.size]).toEqual([true, false, null]);
        reader.place(size);
        const next = feedAll(reader, writer.size(0, size));
        reader.feed(next, new Uint8Array(0), true);
        expect(reader.entries[0]?.size).toBe(size);
        reader.check(size);
      }),
    );
  });

  test("may grow", () => {
    const [writer, reader] = begun([file("a", 1)]);
    const next = feedAll(reader, writer.entries([file("b", 2)]));
    reader.feed(next, new Uint8Array(0), true);
    expect(reader.entries.map(({ path }) => path)).toEqual(["a", "b"]);
  });

  test.each<[string, (writer: ManifestWriter, reader: ManifestReader) => void]>([
    ["a size twice", (writer, reader) => {
      feedAll(reader, writer.size(0, 3));
      feedAll(reader, writer.size(0, 3));
    }],
    ["a size for an entry that does not exist", (writer, reader) => void feedAll(reader, writer.size(1, 3))],
    ["a second size given later", (writer, reader) => void feedAll(reader, writer.entries([file("b", null)]))],
    ["a size below what was placed", (writer, reader) => {
      reader.place(4);
      feedAll(reader, writer.size(0, 3));
    }],
    ["a size that is never given", (_, reader) => void reader.feed(count, new Uint8Array(0), true)],
  ])("%s is refused", (_, go) => {
    const [writer, reader] = begun([file("a", null)]);
    expect(codeOf(() => go(writer, reader))).toBe("manifest_invalid");
  });
});

describe("what was offered", () => {
  const entries = [directory("d"), file("d/a", 3), file("b", 4)];
  const offer = {
    files: 2, bytes: 7, open: false, text: false,
    preview: entries.map(({ path, size, kind }) => ({ path, size, kind })),
  };
  const shown = offer.preview[1]!;

  test("is what may come", () => {
    written(entries).checkOffer(offer);
    written(entries).checkOffer({ ...offer, preview: offer.preview.slice(0, 1) });
  });

  test.each([
    ["another count", { files: 3 }],
    ["another sum", { bytes: 8 }],
    ["an open offer", { open: true, bytes: null }],
    ["a text", { text: true }],
    ["another order", { preview: [...offer.preview].reverse() }],
    ["another name", { preview: [{ ...shown, path: "x" }] }],
    ["more than there is", { preview: [...offer.preview, shown] }],
  ])("and not %s", (_, change) => {
    expect(codeOf(() => written(entries).checkOffer({ ...offer, ...change }))).toBe("manifest_invalid");
  });

  test("is what is read at most: one file more ends it where it stands", () => {
    const bytes = new ManifestWriter(false, SIZE).entries([file("a"), file("b"), ...Array.from({ length: 100 }, (_, n) => file(String(n)))]);
    const reader = new ManifestReader(SIZE, { files: 1, open: false });
    const records = cut(bytes, SIZE);
    const refused = records.findIndex((record, index) => codeOf(() => reader.feed(index, record, false)) === "manifest_invalid");
    expect(refused).toBeGreaterThanOrEqual(0);
    expect(refused).toBeLessThan(3);
  });

  test("counts files, not folders, and nothing in an open one", () => {
    const some = [directory("x"), directory("y"), file("a"), file("b")];
    for (const [open, files] of [[false, 2], [true, 0]] as const) {
      const reader = new ManifestReader(SIZE, { files, open });
      const records = cut(new ManifestWriter(open, SIZE).entries(some), SIZE);
      records.forEach((record, index) => reader.feed(index, record, !open && index === records.length - 1));
      expect(reader.entries.length).toBe(4);
    }
  });
});

describe("folders", () => {
  /** Adds entries that need `count` folders: deep paths imply 64 each, and each tells one folder twice. */
  function needing(count: number): Rules {
    const rules = new Rules(false);
    const add = (entry: NewEntry): void => void rules.add({ modified: 0, executable: false, mediaType: "", ...entry });
    for (let left = count, number = 0; left > 0; left -= 50, number++) {
      const deep = [String(number), ...Array<string>(Math.min(left, 50) - 1).fill("d")].join("/");
      add(directory(deep));
      add(file(`${deep}/a`));
      add(file(`${deep}/b`));
    }
    return rules;
  }

  test("may be many, each counted once however often it is named", () => {
    expect(codeOf(() => needing(100_000))).toBe("ok");
  });

  test("more than 100 000 are refused, also where no entry names them", () => {
    expect(codeOf(() => needing(100_001))).toBe("limit");
  });
});
