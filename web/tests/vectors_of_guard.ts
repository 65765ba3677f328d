/** How the vectors about the challenge of a server under attack are run. */
import { solveChallenge } from "../src/crypto_engine.ts";
import type { Run } from "./vector_case.ts";

export const OF_GUARD: Readonly<Record<string, Run>> = {
  "challenge/solve": async (i, out) => {
    out["solutions"] = await solveChallenge(i.text("challenge"), i.number("bits"), i.number("count"), () => Promise.resolve());
  },
};
