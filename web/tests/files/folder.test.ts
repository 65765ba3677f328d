/** Into a picked folder: what is there stays, whoever made it and when, and a transfer that ends early leaves nothing. */
import { describe, expect, test } from "vitest";
import { FolderShelf } from "../../src/files/folder.ts";
import { Sink } from "../../src/files/sink.ts";
import { codeOfPromise } from "../support/codes.ts";
import { MemoryFolder } from "../support/memory_folder.ts";

type Files = Readonly<Record<string, string | null>>; // null: a folder

/** A transfer of these files into the folder: everything written, nothing finished. */
async function written(folder: MemoryFolder, files: Files): Promise<Sink> {
  const sink = new Sink(new FolderShelf(folder.handle));
  for (const [path, text] of Object.entries(files)) {
    sink.expect({ path, kind: text === null ? "directory" : "file", size: text?.length ?? 0, modified: 0 });
  }
  await sink.write(new TextEncoder().encode(Object.values(files).join("")));
  return sink;
}

describe.each([
  ["a browser that moves files", true],
  ["a browser that must copy them", false],
])("in %s", (_, movable) => {
  test("files and folders arrive, and nothing else stays", async () => {
    const folder = new MemoryFolder(movable);
    const files = { "a.txt": "A", "trip/one": "1", "trip/deep/two": "22", "trip/none": null, empty: "" };
    await (await written(folder, files)).finish();
    expect(folder.listed()).toEqual({
      "a.txt": "A", "trip/": "", "trip/one": "1", "trip/deep/": "", "trip/deep/two": "22", "trip/none/": "", empty: "",
    });
  });

  test("no file has its own name, and no folder is there, before everything verified", async () => {
    const folder = new MemoryFolder(movable);
    await written(folder, { "a.txt": "A", "trip/one": "1", "trip/none": null });
    const tops = new Set(Object.keys(folder.listed()).map((path) => path.split("/")[0]));
    expect([...tops]).toEqual([expect.stringMatching(/^\.peerseal-[0-9a-f-]{36}\.part$/)]);
  });

  test("two transfers at once stay apart", async () => {
    const folder = new MemoryFolder(movable);
    const [one, two] = [await written(folder, { "a.txt": "AAAA" }), await written(folder, { "a.txt": "BBBB", b: "b" })];
    await one.finish();
    await two.finish();
    expect(folder.listed()).toEqual({ "a.txt": "AAAA", "a (1).txt": "BBBB", b: "b" });
  });

  test("a file that came while the transfer ran is kept", async () => {
    const folder = new MemoryFolder(movable);
    const sink = await written(folder, { "photo.jpg": "theirs", "trip/x": "x" });
    folder.put("photo.jpg", "mine");
    folder.put("trip", "a file of mine");
    await sink.finish();
    expect(folder.listed()).toEqual({
      "photo.jpg": "mine", trip: "a file of mine", "photo (1).jpg": "theirs", "trip (1)/": "", "trip (1)/x": "x",
    });
  });

  test("a file somebody put into our new folder is kept too", async () => {
    const folder = new MemoryFolder(movable);
    const sink = await written(folder, { "trip/a": "1", "trip/b": "2" });
    folder.before = (step, name) => {
      if (step === "look" && name === "b") (folder.items.get("trip") as MemoryFolder).put("b", "mine");
    };
    await sink.finish();
    expect(folder.listed()).toEqual({ "trip/": "", "trip/a": "1", "trip/b": "mine", "trip/b (1)": "2" });
  });

  test("names that look like ours are names like any other", async () => {
    const folder = new MemoryFolder(movable);
    folder.put(".peerseal-0.part", "mine");
    const files = { ".peerseal-0.part": "first", ".peerseal-1.part": "second", "0": "third" };
    await (await written(folder, files)).finish();
    expect(folder.listed()).toEqual({
      ".peerseal-0.part": "mine", ".peerseal-0 (1).part": "first", ".peerseal-1.part": "second", "0": "third",
    });
  });

  test("a transfer that is given up leaves what was there, and nothing of its own", async () => {
    const folder = new MemoryFolder(movable);
    folder.put(".peerseal-0.part", "mine");
    folder.put("a", "mine");
    const sink = await written(folder, { a: "1", "trip/b": "2" });
    await sink.abort();
    expect(folder.listed()).toEqual({ ".peerseal-0.part": "mine", a: "mine" });
  });

  test("a failure half-way through placing takes back what was placed", async () => {
    const folder = new MemoryFolder(movable);
    folder.put("mine", "mine");
    const sink = await written(folder, { a: "1", "trip/b": "2", "trip/c": "3" });
    folder.before = (_step, name) => {
      if (name === "c") throw new DOMException("", "QuotaExceededError");
    };
    expect(await codeOfPromise(sink.finish())).toBe("local_file");
    await sink.abort();
    expect(folder.listed()).toEqual({ mine: "mine" });
  });

  test("a name the browser refuses gets a letter more", async () => {
    const folder = new MemoryFolder(movable);
    await (await written(folder, { "to.lnk": "1", "trip.lnk/b": "2" })).finish();
    expect(folder.listed()).toEqual({ "to.lnk_": "1", "trip.lnk_/": "", "trip.lnk_/b": "2" });
  });
});

test("where files are copied, one that came at the very last moment is kept", async () => {
  const folder = new MemoryFolder(false);
  const sink = await written(folder, { a: "theirs" });
  folder.before = (step, name) => {
    if (step === "make" && name === "a") folder.put("a", "mine");
  };
  await sink.finish();
  expect(folder.listed()).toEqual({ a: "mine", "a (1)": "theirs" });
});
