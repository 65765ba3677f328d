/** People with keys for tests, made once: an identity costs some milliseconds. */
import { Identity, newRoot } from "../../src/crypto_engine.ts";

export const ada = await Identity.of(newRoot());
export const bert = await Identity.of(newRoot());
export const carl = await Identity.of(newRoot());
