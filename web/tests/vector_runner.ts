/**
 * Runs the cases of vectors/*.json against this implementation; vectors/README.md gives their shapes.
 *
 * Knows nothing of Node or of a page, so that the same cases pass in both.
 */
import { PeersealError } from "../src/errors.ts";
import { Input, canonical, type Fields, type Run, type VectorCase, type VectorFile } from "./vector_case.ts";
import { OF_BREAKS } from "./vectors_of_breaks.ts";
import { OF_FILES } from "./vectors_of_files.ts";
import { OF_GUARD } from "./vectors_of_guard.ts";
import { OF_KEYS } from "./vectors_of_keys.ts";
import { OF_PEOPLE } from "./vectors_of_people.ts";
import { OF_SESSIONS } from "./vectors_of_sessions.ts";
import { OF_STORED } from "./vectors_of_stored.ts";

export type { VectorCase, VectorFile } from "./vector_case.ts";

/** What is wrong with this implementation in one case; null if nothing is. */
export async function runCase(file: VectorFile, one: VectorCase): Promise<string | null> {
  const run = OPERATIONS[`${file.file}/${one.op}`];
  if (run === undefined) return `unknown operation ${file.file}/${one.op}`;
  const got: Fields = {};
  let code = "ok";
  try {
    await run(new Input(one.in), got, file);
  } catch (error) {
    if (!(error instanceof PeersealError)) throw error;
    code = error.code;
  }
  if (code !== one.expect) return `gave ${code}, not ${one.expect}`;
  for (const [name, value] of Object.entries(one.out ?? {})) {
    const [have, want] = [canonical(got[name] ?? null), canonical(value)];
    if (have !== want) return `${name} is ${have.slice(0, 200)}, not ${want.slice(0, 200)}`;
  }
  return null;
}

/** Every case of a file that fails, as "id: what". */
export async function runFile(file: VectorFile): Promise<string[]> {
  const failures: string[] = [];
  if (NOT_FOR_PAGES.has(file.file)) return failures;
  for (const one of file.cases) {
    const failure = await runCase(file, one);
    if (failure !== null) failures.push(`${one.id}: ${failure}`);
  }
  return failures;
}

const OPERATIONS: Readonly<Record<string, Run>> = {
  ...OF_KEYS,
  ...OF_FILES,
  ...OF_SESSIONS,
  ...OF_PEOPLE,
  ...OF_STORED,
  ...OF_BREAKS,
  ...OF_GUARD,
};

/** Files about what a page does not do. */
export const NOT_FOR_PAGES: ReadonlySet<string> = new Set(["direct"]); // TCP
