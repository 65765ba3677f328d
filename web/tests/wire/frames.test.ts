import fc from "fast-check";
import { expect, test } from "vitest";
import { FrameReader, frameHeader, readFrameHeader, type StreamName } from "../../src/wire/frames.ts";
import { codeOf } from "../support/codes.ts";

const SIZE = 64;
const frame = (stream: StreamName, index: number, final = false, length = SIZE + 28) =>
  frameHeader({ length, stream, final, index });

function reader(): FrameReader {
  const frames = new FrameReader(SIZE);
  frames.allowContent();
  return frames;
}

test("a header is read as it was written", () => {
  const headers = fc.record({
    length: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
    stream: fc.constantFrom<StreamName>("manifest", "content"),
    final: fc.boolean(),
    index: fc.maxSafeNat(),
  });
  fc.assert(
    fc.property(headers, (header) => {
      expect(readFrameHeader(frameHeader(header))).toEqual(header);
    }),
  );
});

test("both streams may take turns, and nothing follows their ends", () => {
  const frames = reader();
  for (const next of [frame("manifest", 0), frame("content", 0), frame("manifest", 1, true), frame("content", 1, true, 28)]) {
    expect(frames.ended).toBe(false);
    frames.accept(next);
  }
  expect(frames.ended).toBe(true);
  frames.end();
  expect(codeOf(() => frames.accept(frame("content", 2)))).toBe("malformed");
});

test.each([
  ["a record shorter than its overhead", frame("content", 0, true, 27), "malformed"],
  ["a record longer than full", frame("content", 0, false, SIZE + 29), "malformed"],
  ["an index ahead", frame("content", 1), "out_of_order"],
  ["half a header", frame("content", 0).subarray(0, 15), "malformed"],
])("%s is refused", (_, header, code) => {
  expect(codeOf(() => reader().accept(header))).toBe(code);
});

test("content before the manifest's head is out of order", () => {
  expect(codeOf(() => new FrameReader(SIZE).accept(frame("content", 0)))).toBe("out_of_order");
});

test("a record after the stream's final one is out of order", () => {
  const frames = reader();
  frames.accept(frame("content", 0, true));
  expect(codeOf(() => frames.accept(frame("content", 1)))).toBe("out_of_order");
});

test("an end before both final records is a truncation", () => {
  const frames = reader();
  frames.accept(frame("content", 0, true));
  expect(codeOf(() => frames.end())).toBe("truncated");
});
