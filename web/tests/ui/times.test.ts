/** Moments are rounded the way people would, and never so that something ends earlier than said. */
import { describe, expect, it } from "vitest";
import { DAY, ago, clock, within } from "../../src/ui/times.ts";

const NOW = new Date(2026, 4, 20, 12).getTime();
const HOUR = DAY / 24;

it.each([
  [0, "just now"],
  [-5_000, "just now"],
  [59_999, "just now"],
  [60_000, "1 min ago"],
  [HOUR, "1 h ago"],
  [DAY, "yesterday"],
  [3 * DAY, "3 days ago"],
  [17 * DAY, "3 May 2026"],
])("%i ms ago is said as %s", (passed, expected) => {
  expect(ago(NOW - passed, NOW)).toBe(expected);
});

it.each([
  [30_000, "less than an hour"],
  [HOUR, "1 hour"],
  [HOUR * 47.9, "47 hours"],
  [2 * DAY, "2 days"],
  [6.99 * DAY, "6 days"],
])("%i ms ahead is %s", (left, expected) => {
  expect(within(NOW + left, NOW)).toBe(expected);
});

describe("a moment to come", () => {
  const now = new Date(2026, 4, 2, 9, 30).getTime(); // a Saturday

  it.each([
    [new Date(2026, 4, 2, 14, 0), "today 14:00"],
    [new Date(2026, 4, 3, 0, 5), "tomorrow 00:05"],
    [new Date(2026, 4, 8, 23, 59), "Friday, 8 May, 23:59"],
    [new Date(2026, 4, 9, 14, 5), "9 May 2026, 14:05"],
    [new Date(2026, 4, 1, 14, 5), "1 May 2026, 14:05"],
  ])("%s is called %s", (moment, words) => {
    expect(clock(moment.getTime(), now)).toBe(words);
  });
});
