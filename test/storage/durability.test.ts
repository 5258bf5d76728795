import { spawnSync } from "node:child_process";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ChildScript } from "../support/child_script.js";
import { Disk } from "./disk.js";

const hasStrace = spawnSync("strace", ["-f", "-o", "/dev/null", "true"]).status === 0;

/** What decides which bytes and names are on disk. */
const CALLS =
  "open,openat,creat,write,pwrite64,writev,pwritev,copy_file_range,sendfile,ftruncate,fsync,fdatasync,rename,renameat,renameat2,link,linkat,unlink,unlinkat,mkdir,mkdirat";

describe.skipIf(!hasStrace)("power loss (needs strace)", () => {
  let script: ChildScript;
  const folder = fs.realpathSync(fs.mkdtempSync(join(tmpdir(), "tslake-durable-")));
  beforeAll(async () => {
    script = await ChildScript.of("test/storage/durability_process.ts");
  });
  afterAll(() => {
    script.remove();
    fs.rmSync(folder, { recursive: true, force: true });
  });

  test("whatever was acknowledged is on disk: commits, their data files, and all their folders", () => {
    const trace = join(folder, "trace");
    const lake = join(folder, "new", "lake");
    const strace = ["-f", "-y", "-s", "40", "-o", trace, "-e", `trace=${CALLS}`];
    const { status, stderr } = spawnSync("strace", [...strace, ...script.command(lake)], {
      encoding: "utf8",
      env: { ...process.env, UV_USE_IO_URING: "0" },
    });
    expect(status, stderr).toBe(0);
    const disk = new Disk(folder);
    let acknowledged = 0;
    for (const line of fs.readFileSync(trace, "utf8").split("\n")) {
      disk.replay(line);
      const [, version] = /write\(1<.*"acknowledged (\d+)\\n"/.exec(line) ?? [];
      if (version === undefined) continue;
      acknowledged++;
      const table = join(lake, "silver", "linhas");
      const log = Array.from({ length: Number(version) + 1 }, (_, i) =>
        join(table, "_delta_log", `${String(i).padStart(20, "0")}.json`),
      );
      const data = log.flatMap((file) =>
        [...fs.readFileSync(file, "utf8").matchAll(/"path":"([^"]+)"/g)].map(([, path = ""]) => join(table, path)),
      );
      expect(data).toHaveLength(2 * log.length);
      for (const file of [...log, ...data]) {
        expect(disk.lostBytes(file), `bytes of ${file} at version ${version}`).toBe(false);
        for (let name = file; name !== folder; name = dirname(name)) {
          expect(disk.isNamed(name), `name of ${name} at version ${version}`).toBe(true);
        }
      }
    }
    expect(acknowledged).toBe(3);
  }, 120_000);
});

describe("the model of a disk", () => {
  const replay = (...lines: string[]): Disk => {
    const disk = new Disk("/d");
    for (const line of lines) disk.replay(`17 ${line}`);
    return disk;
  };
  test("knows bytes and names that were not flushed", () => {
    const open = 'openat(AT_FDCWD</x>, "/d/a", O_WRONLY|O_CREAT|O_EXCL, 0666) = 3</d/a>';
    const write = 'write(3</d/a>, "x", 1) = 1';
    const link = 'link("/d/a", "/d/b") = 0';
    const folder = "fsync(4</d>) = 0";
    expect(replay(open, write, link, folder).lostBytes("/d/b")).toBe(true);
    expect(replay(open, write, "fsync(3</d/a>) = 0", link).lostBytes("/d/b")).toBe(false);
    expect(replay(open, write, "fsync(3</d/a>) = 0", link).isNamed("/d/b")).toBe(false);
    expect(replay(open, write, link, folder).isNamed("/d/b")).toBe(true);
    const started = ["fsync(3</d/a> <unfinished ...>", "<... fsync resumed>) = 0"];
    expect(replay(open, write, ...started, link, folder).lostBytes("/d/b")).toBe(false);
    expect(replay(open, 'rename("/d/a", "/d/c") = 0', folder).isNamed("/d/c")).toBe(true);
  });
});
