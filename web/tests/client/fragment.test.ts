/** Links that invite: a room or a code behind the `#`, anything else is nothing. */
import { expect, test } from "vitest";
import { invitationLink, readFragment } from "../../src/client/fragment.ts";
import { shareableBase } from "../../src/client/server_info.ts";

const TOKEN = "AAAAAAAAAAAAAAAAAAAAAA";

test("a room and a code come back from their own links", () => {
  const room = new URL(invitationLink("http://10.0.0.5:5000/", "room", TOKEN));
  expect(readFragment(room.hash)).toEqual({ kind: "room", token: TOKEN });
  const code = new URL(invitationLink("http://10.0.0.5:5000/", "code", "7-harbor-velvet"));
  expect(readFragment(code.hash)).toEqual({ kind: "code", code: "7-harbor-velvet" });
});

test.each(["", "#", "#room=short", `#room=${TOKEN}!`, "#code=", "#code=%zz", "#other=1"])("%j invites to nothing", (hash) => {
  expect(readFragment(hash)).toBeNull();
});

test("a link made on this computer leads to its address on the network", () => {
  expect(shareableBase("http://localhost:5000/", ["http://localhost:5000", "http://192.168.1.7:5000"])).toBe("http://192.168.1.7:5000/");
  expect(shareableBase("http://127.0.0.1:5000/below/", ["http://192.168.1.7:5000"])).toBe("http://192.168.1.7:5000/below/");
  expect(shareableBase("https://share.example/", ["http://192.168.1.7:5000"])).toBe("https://share.example/");
  expect(shareableBase("http://localhost:5000/", ["http://localhost:5000", "http://127.0.0.1:5000"])).toBe(null);
});
