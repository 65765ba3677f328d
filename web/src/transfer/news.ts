/** Listening for news of an account: one long poll after the other, slower while the server is away. */
import type { Api } from "../client/api.ts";
import { hasCode } from "../errors.ts";
import type { Topic } from "./keys.ts";

const WAIT_SECONDS = 20;
const AGAIN_MILLISECONDS = 1_000;
const AGAIN_MOST_MILLISECONDS = 30_000;

/** Everything there can be news of. */
export const TOPICS: ReadonlySet<Topic> = new Set<Topic>(["exchanges", "files", "contacts", "account"]);

/** Who hears the news. Neither may reject. */
export interface NewsListener {
  changed(topics: ReadonlySet<Topic>): void;
  /** The session is over. */
  ended(): void;
}

/** Listens until the signal is aborted or the session is over. After a pause everything counts as changed. */
export async function listen(api: Api, listener: NewsListener, signal: AbortSignal): Promise<void> {
  let after: number | null = null;
  let pause = AGAIN_MILLISECONDS;
  let missed = false;
  while (!signal.aborted) {
    try {
      const { at, changed } = await api.news(after, after === null ? 0 : WAIT_SECONDS, signal);
      // What happened between the first look at things and the first number is not in the news.
      if (after === null || missed) listener.changed(TOPICS);
      else if (changed.length > 0) listener.changed(new Set(changed));
      after = at;
      missed = false;
      pause = AGAIN_MILLISECONDS;
    } catch (error) {
      if (signal.aborted) return;
      if (hasCode(error, "not_signed_in")) {
        listener.ended();
        return;
      }
      missed = true;
      await rest(pause, signal);
      pause = Math.min(2 * pause, AGAIN_MOST_MILLISECONDS);
    }
  }
}

function rest(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, milliseconds);
    signal.addEventListener("abort", done);
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    }
  });
}
