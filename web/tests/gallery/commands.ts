/** The account commands of the gallery's engine: each is noted, and answered as a friendly server would. */
import type { Engine } from "../../src/transfer/commands.ts";
import type { EngineState, Problem } from "../../src/transfer/state.ts";
import { recoveryWords } from "./account_samples.ts";

type Live =
  | "subscribe" | "join" | "leave" | "makeRoom" | "connect" | "cancelConnect" | "answerRequest" | "showCode" | "withdrawCode" | "useCode"
  | "wordsMatch" | "wordsDiffer" | "disconnect" | "send" | "sendText" | "answerOffer" | "cancel" | "dismiss" | "dismissNotice";

const WRONG: Problem = { code: "login_failed", message: "The name or the password is not right.", hint: "", retryable: true };

/** `note` remembers what was asked; `change` shows another state. The password "wrong" is always refused. */
export function accountCommands(
  note: (...call: readonly unknown[]) => void,
  state: () => EngineState,
  change: (change: Partial<EngineState>) => void,
): Omit<Engine, Live> {
  const done = (...call: readonly unknown[]): Promise<Problem | null> => {
    note(...call);
    return Promise.resolve(call.includes("wrong") ? WRONG : null);
  };
  const begun = (...call: readonly unknown[]): string => {
    note(...call);
    return "begun";
  };
  const entered = async (name: string, ...call: readonly unknown[]): Promise<Problem | null> => {
    const answer = await done(...call);
    if (answer === null) {
      const account = { name, fingerprint: "a1".repeat(32), keys: "here", vault: true, used: 0, quota: 10_000_000_000, wordsShown: false } as const;
      change({ account, files: [], contacts: [], keyRequests: [] });
    }
    return answer;
  };
  return {
    createAccount: (name, password, vault, invite) => entered(name, "createAccount", name, password, vault, ...(invite === null ? [] : [invite])),
    signIn: (name, password) => entered(name, "signIn", name, password),
    signOut: () => {
      change({ account: null, files: null, contacts: [], keyRequests: [] });
      return done("signOut");
    },
    recoveryWords: () => {
      note("recoveryWords");
      return Promise.resolve(recoveryWords);
    },
    restoreKeys: (words) => done("restoreKeys", words),
    recover: (name, words, password) => entered(name, "recover", name, words, password),
    changePassword: (old, password) => done("changePassword", old, password),
    setVault: (password, vault) => done("setVault", password, vault),
    newKeys: (password) => done("newKeys", password),
    deleteAccount: (password) => done("deleteAccount", password),
    sessions: () =>
      Promise.resolve([
        { id: "s1", label: "Firefox on Linux", kind: "cookie", lastUsed: Date.now() - 20_000, current: true },
        { id: "s2", label: "peerseal on workshop", kind: "token", lastUsed: Date.now() - 3 * 86_400_000, current: false },
      ]),
    endSession: (id) => done("endSession", id),
    resume: (interrupted, items = []) => begun("resume", interrupted, items.map(({ path }) => path)),
    discard: (interrupted) => {
      change({ interrupted: state().interrupted.filter(({ id }) => id !== interrupted) });
      return done("discard", interrupted);
    },
    leaveOnServer: (transfer) => {
      note("leaveOnServer", transfer);
    },
    setRoute: (route) => {
      note("setRoute", route);
      change({ route });
    },
    requestKeys: (name) => done("requestKeys", name),
    answerKeys: (request, accept) => {
      change({ keyRequests: state().keyRequests.filter(({ id }) => id !== request) });
      return done("answerKeys", request, accept);
    },
    withdrawKeys: (request) => done("withdrawKeys", request),
    verifyContact: (name) => {
      change({ contacts: state().contacts.map((one) => (one.name === name ? { ...one, trust: "verified", changed: false, offered: null } : one)) });
      return done("verifyContact", name);
    },
    removeContact: (name) => done("removeContact", name),
    upload: (items, to, expires) => begun("upload", items.map(({ path }) => path), to.join("+"), expires),
    uploadText: (text, to, expires) => begun("uploadText", text, to.join("+"), expires),
    update: (file, items) => begun("update", file, items.map(({ path }) => path)),
    download: (file, version) => begun("download", file, version),
    loadHistory: (file) => done("loadHistory", file),
    restore: (file, version) => begun("restore", file, version),
    share: (file, name) => done("share", file, name),
    unshare: (file, name) => done("unshare", file, name),
    makeLink: (file, wish) => done("makeLink", file, JSON.stringify(wish)),
    revokeLink: (file, link) => done("revokeLink", file, link),
    setExpiry: (file, expires) => done("setExpiry", file, expires),
    deleteFile: (file) => done("deleteFile", file),
    abandonUpload: (file) => done("abandonUpload", file),
    refreshFiles: () => done("refreshFiles"),
    openLink: (password) => done("openLink", password),
    reportLink: (reason, text) => done("reportLink", reason, text),
    downloadLink: () => begun("downloadLink"),
  };
}
