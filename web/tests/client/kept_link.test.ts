/** A link's page: its key leaves the address bar at once and stays with the tab. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { isLinkPage, takeLink } from "../../src/client/kept_link.ts";

const LINK = "0123456789abcdef".repeat(2);
let replaced: string[];
let storage: Map<string, string>;

beforeEach(() => {
  replaced = [];
  storage = new Map();
  vi.stubGlobal("history", { state: null, replaceState: (_state: unknown, _title: string, address: string) => replaced.push(address) });
  vi.stubGlobal("sessionStorage", { getItem: (key: string) => storage.get(key) ?? null, setItem: (key: string, value: string) => storage.set(key, value) });
});
afterEach(() => {
  vi.unstubAllGlobals();
});

function visit(pathname: string, hash = ""): void {
  vi.stubGlobal("location", { pathname, hash, search: "" });
}

test("the key is taken out of the address and out of the history, and comes back after a reload", () => {
  visit(`/below/s/${LINK}`, "#key");
  expect(isLinkPage()).toBe(true);
  expect(takeLink()).toEqual({ link: LINK, fragment: "key" });
  expect(replaced).toEqual([`/below/s/${LINK}`]);
  visit(`/below/s/${LINK}`);
  expect(takeLink()).toEqual({ link: LINK, fragment: "key" });
});

test("another link's key is not this one's", () => {
  visit(`/s/${LINK}`, "#key");
  takeLink();
  visit(`/s/${"f".repeat(32)}`);
  expect(takeLink()).toEqual({ link: "f".repeat(32), fragment: "" });
});

test("a tab without storage still opens it, once", () => {
  vi.stubGlobal("sessionStorage", { getItem: () => { throw new Error("off"); }, setItem: () => { throw new Error("off"); } });
  visit(`/s/${LINK}`, "#key");
  expect(takeLink()).toEqual({ link: LINK, fragment: "key" });
  visit(`/s/${LINK}`);
  expect(takeLink()).toEqual({ link: LINK, fragment: "" });
});

test.each(["/", "/s/", `/s/${LINK}/more`, `/s/${LINK.toUpperCase()}`])("%s is the page of no link", (pathname) => {
  visit(pathname, "#key");
  expect(isLinkPage()).toBe(false);
  expect(takeLink()).toBeNull();
  expect(replaced).toEqual([]);
});
