/** Limits as operators write and read them. */
import { expect, test } from "vitest";
import { readSize, writtenSize } from "../../src/operator/sizes.ts";

test.each([
  ["50 GB", 50e9], ["1.5t", 1.5e12], ["5", 5e9], ["0.002", 2e6], ["0.0005", 5e5], ["700 B", 700], ["1234567 b", 1_234_567], [" 2,5 MB ", 2.5e6], ["", null], ["-1", null], ["ten", null], ["1 PB", null],
])("the size %s is %s bytes", (text, bytes) => {
  expect(readSize(text)).toBe(bytes);
});

test.each([[5e9, "5 GB"], [2e6, "2 MB"], [1.25e9, "1.25 GB"], [1e12, "1 TB"], [0, "0 B"], [123_456_789, "123.456789 MB"], [1_234_567_891, "1.234567891 GB"]])(
  "%s bytes are written so that they are read as the same", (bytes, text) => {
    expect(writtenSize(bytes)).toBe(text);
    expect(readSize(text)).toBe(bytes);
  },
);
