/** Listening for news: what changed is told, nothing is lost in a pause, the session's end is the end. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Api } from "../../src/client/api.ts";
import { ServerUnreachable, failure } from "../../src/errors.ts";
import type { Topic } from "../../src/transfer/keys.ts";
import { listen } from "../../src/transfer/news.ts";
import type { News } from "../../src/wire/stored.ts";

const ALL = ["account", "contacts", "exchanges", "files"];
type Step = News | Error;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** What is heard while the server answers with these, one after the other, and then ends the session. */
async function heard(...steps: Step[]): Promise<readonly string[][]> {
  const [told, asked]: [string[][], (number | null)[]] = [[], []];
  const news = (after: number | null): Promise<News> => {
    asked.push(after);
    const step = steps.shift() ?? failure("not_signed_in");
    return step instanceof Error ? Promise.reject(step) : Promise.resolve(step);
  };
  const listener = {
    changed: (topics: ReadonlySet<Topic>) => void told.push([...topics].sort()),
    ended: () => void told.push(["ended"]),
  };
  const listening = listen({ news } as unknown as Api, listener, new AbortController().signal);
  await vi.runAllTimersAsync();
  await listening;
  return [...told, asked.map(String)];
}

const news = (at: number, ...changed: Topic[]): News => ({ at, changed });
const gone = new ServerUnreachable("", { retryable: true });

test("everything counts as changed at first, then what the server says, from number to number", async () => {
  expect(await heard(news(5), news(5), news(7, "files"))).toEqual([ALL, ["files"], ["ended"], ["null", "5", "5", "7"]]);
});

test("after a pause everything counts as changed", async () => {
  expect(await heard(news(5), gone, gone, news(5))).toEqual([ALL, ALL, ["ended"], ["null", "5", "5", "5", "5"]]);
});

test("who stops listening hears nothing more", async () => {
  const end = new AbortController();
  const told: string[] = [];
  const api = { news: () => Promise.resolve().then(() => (end.abort(), news(1))).then(() => Promise.reject(end.signal.reason as Error)) };
  await listen(api as unknown as Api, { changed: () => told.push("changed"), ended: () => told.push("ended") }, end.signal);
  expect(told).toEqual([]);
});
