/** A page for tests: offers the vector runner to whoever drives the browser. */
import { cryptography } from "../../src/crypto_engine.ts";
import { runFile, type VectorFile } from "../vector_runner.ts";
import { runWycheproof, type CaseFile } from "../wycheproof.ts";

declare global {
  interface Window {
    /** Failures of one file of vectors, and which cryptography ran. */
    runVectors?: (file: VectorFile) => Promise<Ran>;
    /** The same of one file of Project Wycheproof. */
    runWycheproof?: (name: string, file: CaseFile) => Promise<Ran>;
  }
}
interface Ran {
  readonly cryptography: string;
  readonly failures: readonly string[];
}

window.runVectors = async (file) => ({ cryptography: cryptography(), failures: await runFile(file) });
window.runWycheproof = async (name, file) => ({ cryptography: cryptography(), failures: (await runWycheproof(name, file)).failures });
