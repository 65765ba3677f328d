/** Numbers for people: how many, sizes, speeds, times and shares. Decimal units, as disks and networks use. */

const UNITS = ["B", "kB", "MB", "GB", "TB", "PB"] as const;

/** 24_100_000 → "24.1 MB". Two or three significant digits, no decimals for bytes. */
export function size(bytes: number): string {
  let value = Math.max(0, bytes);
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : 1;
  return `${value.toFixed(digits)} ${UNITS[unit] ?? "B"}`;
}

/** Bytes per second → "24.1 MB/s". */
export function rate(bytesPerSecond: number): string {
  return `${size(bytesPerSecond)}/s`;
}

/** Seconds → "0.8 s", "12 s", "3 min 20 s", "2 h 5 min". */
export function duration(seconds: number): string {
  if (seconds < 9.95) return `${Math.max(0.1, seconds).toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  const minutes = Math.round(whole / 60);
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** Seconds that remain, calmer than `duration`: never a jittering decimal. */
export function timeLeft(seconds: number): string {
  const whole = Math.max(1, Math.ceil(seconds));
  return whole < 10 ? `${whole} s` : duration(whole);
}

/** "1 file", "2,340 files". */
export function files(count: number): string {
  return count === 1 ? "1 file" : `${count.toLocaleString("en")} files`;
}

/** "1 person", "12 people". */
export function people(count: number): string {
  return count === 1 ? "1 person" : `${count.toLocaleString("en")} people`;
}

/** Share done as a whole number 0-100; 100 only when nothing is missing. */
export function percent(done: number, total: number | null, finished = false): number {
  if (finished) return 100;
  if (total === null || total <= 0) return 0;
  return Math.min(99, Math.floor((done / total) * 100));
}
