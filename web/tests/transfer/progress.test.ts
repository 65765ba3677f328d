/** Rate and time left: steady for a steady stream, calm for a bursty one. */
import { expect, test } from "vitest";
import { Progress } from "../../src/transfer/progress.ts";

test("a steady stream shows its own speed at once", () => {
  const progress = new Progress(0);
  for (let now = 100; now <= 2_000; now += 100) progress.at(now * 1_000, now);
  expect(progress.rate).toBe(1_000_000);
  expect(progress.eta(4_000_000)).toBe(2);
});

test("nobody knows the time left before anything moved, or without a total", () => {
  const progress = new Progress(0);
  expect(progress.eta(10)).toBeNull();
  progress.at(1_000, 1_000);
  expect(progress.eta(null)).toBeNull();
});

test("a burst between two looks is no speed", () => {
  const progress = new Progress(0);
  progress.at(1_000_000_000, 1);
  expect(progress.rate).toBe(0);
});

test("follows a stream that slows down, but not in one jump", () => {
  const progress = new Progress(0);
  for (let now = 100; now <= 5_000; now += 100) progress.at(now * 1_000, now);
  progress.at(5_000_000, 5_500);
  expect(progress.rate).toBeGreaterThan(500_000);
  progress.at(5_000_000, 20_000);
  expect(progress.rate).toBeLessThan(5_000);
});

test("counts seconds from its start", () => {
  expect(new Progress(500).seconds(2_500)).toBe(2);
});
