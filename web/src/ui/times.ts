/** Moments for people: how long ago, how much longer, and a day when that is clearer. `now` and moments in ms. */

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

const plural = (count: number, unit: string): string => `${String(count)} ${unit}${count === 1 ? "" : "s"}`;

/** "just now", "12 min ago", "5 h ago", "yesterday", "6 days ago", then "3 May 2026". */
export function ago(moment: number, now: number): string {
  const passed = now - moment;
  if (passed < MINUTE) return "just now";
  if (passed < HOUR) return `${String(Math.floor(passed / MINUTE))} min ago`;
  if (passed < DAY) return `${String(Math.floor(passed / HOUR))} h ago`;
  if (passed < 2 * DAY) return "yesterday";
  if (passed < 14 * DAY) return `${String(Math.floor(passed / DAY))} days ago`;
  return day(moment);
}

/** "less than an hour", "5 hours", "6 days": what is left until `moment`, rounded down, so that nothing ends early. */
export function within(moment: number, now: number): string {
  const left = moment - now;
  if (left < HOUR) return "less than an hour";
  if (left < 2 * DAY) return plural(Math.floor(left / HOUR), "hour");
  return plural(Math.floor(left / DAY), "day");
}

/** "3 May 2026", in this device's time zone. */
export function day(moment: number): string {
  return new Date(moment).toLocaleDateString("en-GB", { day: "numeric", month: "short", year: "numeric" });
}

/** "3 May 2026, 14:05", for details. */
export function exactly(moment: number): string {
  return new Date(moment).toLocaleString("en-GB", { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit" });
}

/** "today 14:00", "tomorrow 14:00", "Tuesday, 5 May, 14:00" within a week, then "3 May 2026, 14:05"; rounded down to the minute. */
export function clock(moment: number, now: number): string {
  const midnight = new Date(now).setHours(0, 0, 0, 0);
  const days = Math.round((new Date(moment).setHours(0, 0, 0, 0) - midnight) / DAY);
  if (days < 0 || days > 6) return exactly(moment);
  const then = new Date(moment);
  const time = then.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
  if (days > 1) return `${then.toLocaleDateString("en-GB", { weekday: "long" })}, ${then.toLocaleDateString("en-GB", { day: "numeric", month: "short" })}, ${time}`;
  return `${days === 0 ? "today" : "tomorrow"} ${time}`;
}
