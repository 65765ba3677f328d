/** Whether the server can do its work: `GET /api/v1/health/ready` (docs/wire.md §3). */
import { READY_PATH } from "../wire/limits.ts";
import { parseObject } from "../wire/strict_json.ts";

/** Name of a check → what is wrong; empty while all is well. */
export type Ailments = Readonly<Record<string, string>>;

/** Null if nothing of ours answers. Whoever may not know what is wrong hears that something is, by no name. */
export async function askReadiness(base: string): Promise<Ailments | null> {
  try {
    const answer = await fetch(new URL(READY_PATH.slice(1), base), { cache: "no-store" });
    if (answer.status !== 200 && answer.status !== 503) return null;
    const { checks } = parseObject(await answer.text());
    if (typeof checks !== "object" || checks === null || Array.isArray(checks)) return answer.ok ? {} : { "": "" };
    const wrong = Object.entries(checks).filter(([, state]) => state !== "ok");
    // What finds no room is not ill itself.
    return Object.fromEntries(wrong.map(([name, state]) => (state === "disk_full" ? ["disk", "full"] : [name, typeof state === "string" ? state : ""])));
  } catch {
    return null;
  }
}
