import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { newFileId, newFileKey } from "../../src/crypto/file_key.ts";
import { randomBytes } from "../../src/crypto/primitives.ts";
import { RecordOpener, RecordSealer, SPARE_BYTES } from "../../src/crypto/record.ts";
import { hexEncode, type Bytes } from "../../src/wire/encoding.ts";
import type { StreamName } from "../../src/wire/frames.ts";
import { RECORD_OVERHEAD } from "../../src/wire/limits.ts";
import { codeOfPromise } from "../support/codes.ts";
import { describeBoth } from "../support/cryptographies.ts";

const SIZE = 64;

interface Sealed {
  readonly index: number;
  readonly final: boolean;
  readonly record: Bytes;
}

class SealedFile {
  readonly key = newFileKey();
  readonly id = newFileId();

  sealer(size = SIZE, stream: StreamName = "content"): Promise<RecordSealer> {
    return RecordSealer.create(this.key, stream, this.id, 1, size);
  }
  opener(size = SIZE, stream: StreamName = "content"): Promise<RecordOpener> {
    return RecordOpener.create(this.key, stream, this.id, 1, size);
  }

  /** Full records and a last one of what is left. */
  async seal(content: Bytes, size = SIZE): Promise<Sealed[]> {
    const sealer = await this.sealer(size);
    const sealed: Sealed[] = [];
    for (let at = 0, index = 0; at < content.length || index === 0; at += size, index++) {
      sealed.push(await sealOne(sealer, index, at + size >= content.length, content.subarray(at, at + size)));
    }
    return sealed;
  }
}

async function sealOne(sealer: RecordSealer, index: number, final: boolean, plaintext: Bytes): Promise<Sealed> {
  const record = new Uint8Array(plaintext.length + RECORD_OVERHEAD);
  expect(await sealer.sealInto(index, final, plaintext, record)).toBe(record.length);
  return { index, final, record };
}

function openOne(opener: RecordOpener, { index, final, record }: Sealed): Promise<Bytes> {
  const buffer = new Uint8Array(record.length + SPARE_BYTES);
  buffer.set(record);
  return opener.open(index, final, buffer, record.length);
}

describeBoth("sealed records", () => {
  test("what is sealed opens, whatever its size", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 64, max: 300 }), fc.nat(1000), async (size, length) => {
        const file = new SealedFile();
        const content = randomBytes(length);
        const opener = await file.opener(size);
        let at = 0;
        for (const sealed of await file.seal(content, size)) {
          const plaintext = await openOne(opener, sealed);
          expect(plaintext).toEqual(content.slice(at, at + plaintext.length));
          at += plaintext.length;
        }
        expect(at).toBe(length);
        opener.finish();
      }),
      { numRuns: 30 },
    );
  });

  test("every single flipped bit of a file is refused, and nothing is released from there on", async () => {
    const file = new SealedFile();
    const sealed = await file.seal(randomBytes(SIZE * 2 + 10));
    for (const [number, { record }] of sealed.entries()) {
      for (let bit = 0; bit < record.length * 8; bit++) {
        const opener = await file.opener();
        for (const before of sealed.slice(0, number)) await openOne(opener, before);
        const changed = record.slice();
        changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        const broken = { index: number, final: number === 2, record: changed };
        expect(await codeOfPromise(openOne(opener, broken))).toBe("not_authentic");
        if (bit % 97 === 0) expect(await codeOfPromise(openOne(opener, { ...broken, record }))).toBe("not_authentic");
      }
    }
  });

  test("no IV is used twice", async () => {
    const file = new SealedFile();
    const sealed = [...(await file.seal(randomBytes(SIZE * 50))), ...(await file.seal(randomBytes(SIZE * 50)))];
    expect(new Set(sealed.map(({ record }) => hexEncode(record.subarray(0, 12)))).size).toBe(sealed.length);
  });

  test("a record of another stream, file or version does not open", async () => {
    const file = new SealedFile();
    const [sealed] = await file.seal(randomBytes(5));
    const others = [
      file.opener(SIZE, "manifest"),
      new SealedFile().opener(),
      RecordOpener.create(file.key, "content", newFileId(), 1, SIZE),
      RecordOpener.create(file.key, "content", file.id, 2, SIZE),
    ];
    for (const other of others) expect(await codeOfPromise(openOne(await other, sealed!))).toBe("not_authentic");
  });
});

describe("the order of records", () => {
  test.each<[string, readonly number[]]>([
    ["swapped", [1, 0]],
    ["dropped", [0, 2]],
    ["repeated", [0, 0]],
  ])("%s records are refused by their index, and by their tag if the index is a lie", async (_, order) => {
    const file = new SealedFile();
    const sealed = await file.seal(randomBytes(SIZE * 3));
    for (const lie of [false, true]) {
      const opener = await file.opener();
      const codes = [];
      for (const [place, number] of order.entries()) {
        const record = sealed[number]!;
        codes.push(await codeOfPromise(openOne(opener, lie ? { ...record, index: place } : record)));
      }
      expect(codes).toContain(lie ? "not_authentic" : "out_of_order");
    }
  });

  test("a final flag that is a lie does not authenticate", async () => {
    const file = new SealedFile();
    const sealed = await file.seal(randomBytes(SIZE * 2));
    expect(await codeOfPromise(openOne(await file.opener(), { ...sealed[0]!, final: true }))).toBe("not_authentic");
  });

  test("an end before the final record is a truncation, a record after it is out of order", async () => {
    const file = new SealedFile();
    const sealed = await file.seal(randomBytes(SIZE + 1));
    const opener = await file.opener();
    await openOne(opener, sealed[0]!);
    expect(() => opener.finish()).toThrow(expect.objectContaining({ code: "truncated" }));
    await openOne(opener, sealed[1]!);
    opener.finish();
    expect(await codeOfPromise(openOne(opener, { ...sealed[1]!, index: 2 }))).toBe("out_of_order");
  });

  test("two records at once are refused: the first must have verified before the second is looked at", async () => {
    const file = new SealedFile();
    const sealed = await file.seal(randomBytes(SIZE * 2));
    const opener = await file.opener();
    const first = openOne(opener, sealed[0]!);
    expect(await codeOfPromise(openOne(opener, sealed[1]!))).toBe("out_of_order");
    await first.catch(() => undefined);
  });

  test("lengths that do not fit are malformed, on either side", async () => {
    const file = new SealedFile();
    const sealer = await file.sealer();
    expect(await codeOfPromise(sealer.sealInto(0, false, new Uint8Array(SIZE - 1), new Uint8Array(200)))).toBe("malformed");
    expect(await codeOfPromise(sealer.sealInto(0, true, new Uint8Array(SIZE + 1), new Uint8Array(200)))).toBe("malformed");
    for (const [length, final] of [[27, true], [SIZE + 27, false], [SIZE + 29, true]] as const) {
      const opener = await file.opener();
      expect(await codeOfPromise(opener.open(0, final, new Uint8Array(200), length))).toBe("malformed");
    }
    expect(await codeOfPromise(file.opener(63))).toBe("malformed");
    expect(await codeOfPromise(file.sealer(2 ** 20 + 1))).toBe("malformed");
  });

  test("a sealer goes forward only and stops before 2^32 records", async () => {
    const sealer = await new SealedFile().sealer();
    await sealOne(sealer, 5, false, new Uint8Array(SIZE));
    expect(await codeOfPromise(sealer.sealInto(5, false, new Uint8Array(SIZE), new Uint8Array(200)))).toBe("out_of_order");
    expect(await codeOfPromise(sealer.sealInto(2 ** 32, true, new Uint8Array(1), new Uint8Array(200)))).toBe("limit");
    await sealOne(sealer, 2 ** 32 - 1, true, new Uint8Array(1));
    expect(await codeOfPromise(sealer.sealInto(2 ** 32 - 1, true, new Uint8Array(1), new Uint8Array(200)))).toBe("out_of_order");
  });
});
