/** What this browser is called in the list of signed-in devices. */

const BROWSERS: readonly (readonly [mark: RegExp, name: string])[] = [
  [/\bEdg\//, "Edge"], [/\bOPR\//, "Opera"], [/\bFirefox\//, "Firefox"], [/Chrome\//, "Chrome"], [/\bSafari\//, "Safari"],
];
const SYSTEMS: readonly (readonly [mark: RegExp, name: string])[] = [
  [/\biPhone\b/, "iPhone"], [/\biPad\b/, "iPad"], [/\bAndroid\b/, "Android"], [/\bWindows\b/, "Windows"], [/\bMac OS X\b/, "Mac"], [/\bCrOS\b/, "ChromeOS"], [/\bLinux\b/, "Linux"],
];

/** "Firefox on Linux", of the browser's own description of itself. */
export function deviceLabel(userAgent: string): string {
  const browser = nameOf(BROWSERS, userAgent) ?? "A browser";
  const system = nameOf(SYSTEMS, userAgent);
  return system === null ? browser : `${browser} on ${system}`;
}

function nameOf(names: typeof BROWSERS, userAgent: string): string | null {
  return names.find(([mark]) => mark.test(userAgent))?.[1] ?? null;
}
