/** Numbers for people. */
import { describe, expect, it } from "vitest";
import { duration, percent, rate, size, timeLeft } from "../../src/ui/format.ts";

describe("sizes", () => {
  it.each([
    [0, "0 B"],
    [1, "1 B"],
    [999, "999 B"],
    [1000, "1.0 kB"],
    [24_100_000, "24.1 MB"],
    [99_960, "100 kB"],
    [999_499, "999 kB"],
    [999_600, "1.0 MB"],
    [5_368_709_120, "5.4 GB"],
    [2 ** 53, "9.0 PB"],
  ])("%d bytes read as %s", (bytes, text) => {
    expect(size(bytes)).toBe(text);
  });

  it("speeds are sizes each second", () => {
    expect(rate(11_400_000)).toBe("11.4 MB/s");
  });
});

describe("times", () => {
  it.each([
    [0, "0.1 s"],
    [0.8, "0.8 s"],
    [9.96, "10 s"],
    [59.4, "59 s"],
    [200, "3 min 20 s"],
    [3599.7, "1 h 0 min"],
    [7500, "2 h 5 min"],
  ])("%d seconds read as %s", (seconds, text) => {
    expect(duration(seconds)).toBe(text);
  });

  it("time left never jitters in decimals and never says nothing is left", () => {
    expect([0, 0.3, 1.2, 9.4, 61].map(timeLeft)).toEqual(["1 s", "1 s", "2 s", "10 s", "1 min 1 s"]);
  });
});

describe("shares", () => {
  it("says 100 only when it is finished", () => {
    expect(percent(999_999, 1_000_000)).toBe(99);
    expect(percent(1_000_000, 1_000_000)).toBe(99);
    expect(percent(1_000_000, 1_000_000, true)).toBe(100);
  });

  it("an unknown or empty total is nothing yet", () => {
    expect(percent(5, null)).toBe(0);
    expect(percent(0, 0)).toBe(0);
  });
});
