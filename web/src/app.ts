/** The page's entry: makes the engine and mounts the one component everything else hangs on. */
import { mount } from "svelte";
import { readFragment } from "./client/fragment.ts";
import { keptCode } from "./client/kept_code.ts";
import { createEngine } from "./transfer/engine.ts";
import App from "./ui/App.svelte";
import "./ui/tokens.css";
import "./ui/base.css";

const stage = document.getElementById("app");
if (stage === null) throw new Error("the page has no #app element");

// The engine takes a code out of the address bar, so it is read before.
const invitation = readFragment(location.hash);
const kept = keptCode();
const engine = createEngine();
mount(App, { target: stage, props: { engine, invited: invitation?.kind === "code" ? invitation.code : kept } });
