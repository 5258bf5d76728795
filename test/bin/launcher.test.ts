import { spawn } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeEach, describe, expect, test } from "vitest";

const HERE = process.cwd();
const scratch = realpathSync(mkdtempSync(join(tmpdir(), "tslake-launcher-")));
const PACKAGES = ["esbuild", "@esbuild", "ajv", "commander", "hyparquet", "nodejs-polars"];
const LIBRARY = {
  "lib/index.ts": `export { Animal, evaluated } from "./animal.js";\nexport const version = 1;\n`,
  "lib/animal.ts": "export const evaluated = performance.now();\nexport class Animal {}\n",
  "lib/tables/index.ts": `import { Animal } from "../animal.js";\nexport class Dog extends Animal {}\n`,
  "lib/cli/main.ts": [
    `import { createRequire } from "node:module";`,
    `import { Ajv } from "ajv";`,
    `import { Command } from "commander";`,
    `import { parquetMetadata } from "hyparquet";`,
    `import pl from "nodejs-polars";`,
    "const has = (name: string): boolean => Object.keys(require.cache).some((file) => file.includes(name));",
    "export async function main(argv: readonly string[]): Promise<number> {",
    `  if (argv[0] === "bug") throw new TypeError("a bug");`,
    `  if (argv[0] === "packages") console.log(has("polars"), typeof pl.col, has("polars"), has("ajv"));`,
    `  if (argv[0] === "class") console.log(new Command("x").name(), typeof createRequire, typeof Ajv);`,
    `  if (argv[0] === "inlined") console.log(typeof Command, typeof parquetMetadata, has("commander"), has("hyparquet"));`,
    `  if (argv[0] === "later") console.log(typeof (await import("hyparquet")).parquetMetadata);`,
    `  if (argv[0] === "long") for (let i = 0; i < 100_000; i++) console.log("a line of a long answer");`,
    "  return Number(argv[1] ?? 0);",
    "}",
    "",
  ].join("\n"),
};

let project = "";
let count = 0;

beforeEach(() => {
  project = join(scratch, `project ${count++}`);
  cpSync("bin", join(project, "bin"), { recursive: true });
  cpSync("package.json", join(project, "package.json"));
  for (const file of ["lib/package.json", "lib/main.cjs", "lib/tables/package.json", "lib/tables/main.cjs"]) {
    cpSync(file, join(project, file));
  }
  for (const [file, source] of Object.entries(LIBRARY)) write(file, source);
  for (const folder of ["scripts", "bench"]) mkdirSync(join(project, folder));
  mkdirSync(join(project, "node_modules"));
  for (const name of PACKAGES) {
    symlinkSync(join(HERE, "node_modules", name), join(project, "node_modules", name), "junction");
  }
  symlinkSync(join(project, "lib"), join(project, "node_modules", "tslake"), "junction");
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describe("the launcher", () => {
  test("makes tslake and tslake/tables loadable from any folder, with one copy of each class", async () => {
    mkdirSync(join(project, "notebooks", "gold"), { recursive: true });
    const code = `
      const { Animal, version } = require("tslake"), { Dog } = require("tslake/tables");
      console.log(version, new Dog() instanceof Animal, Dog.name);`;
    expect(await node(["-e", code], "notebooks/gold")).toEqual({ status: 0, stdout: "1 true Dog\n", stderr: "" });
  });

  test("builds once, and again only when a source changes", async () => {
    expect(bundles()).toEqual([]);
    await tslake();
    const [first] = bundles();
    await tslake();
    expect(bundles()).toEqual([first]);
    write("lib/index.ts", `${LIBRARY["lib/index.ts"]}export const more = 2;\n`);
    expect(await node(["-p", `require("tslake").more`])).toMatchObject({ stdout: "2\n" });
    expect(bundles()).toHaveLength(2);
    write("lib/index.ts", LIBRARY["lib/index.ts"]);
    expect(await node(["-p", `require("tslake").more`])).toMatchObject({ stdout: "undefined\n" });
    expect(bundles()).toHaveLength(2);
  });

  test("sees an edit that changes neither size nor time of a file", async () => {
    await tslake();
    write("lib/index.ts", LIBRARY["lib/index.ts"].replace("version = 1", "version = 3"));
    utimesSync(join(project, "lib/index.ts"), 1_600_000_000, 1_600_000_000);
    await tslake();
    write("lib/index.ts", LIBRARY["lib/index.ts"].replace("version = 1", "version = 4"));
    utimesSync(join(project, "lib/index.ts"), 1_600_000_000, 1_600_000_000);
    expect(await node(["-p", `require("tslake").version`])).toMatchObject({ stdout: "4\n" });
  });

  test("lets many processes build at once", async () => {
    const runs = await Promise.all(Array.from({ length: 6 }, () => tslake("x", "5")));
    expect(runs.map((run) => run.status)).toEqual([5, 5, 5, 5, 5, 5]);
    expect(readdirSync(cache()).filter((name) => name.startsWith(".build"))).toEqual([]);
    expect(bundles()).toHaveLength(1);
  });

  test("builds again over what was lost from a cached bundle", async () => {
    await tslake();
    rmSync(join(cache(), bundles()[0] ?? "", "index.cjs"));
    expect(await tslake("x", "3")).toMatchObject({ status: 3 });
  });

  test("keeps the compiled form of a bundle, and does without one that is spoiled", async () => {
    await tslake();
    const folder = join(cache(), bundles()[0] ?? "");
    const compiled = join(folder, `bundle.cjs.${process.version}-${process.arch}`);
    const size = statSync(compiled).size;
    for (const spoiled of ["", "spoiled", "\0".repeat(size)]) {
      writeFileSync(compiled, spoiled);
      expect(await tslake("x", "7")).toEqual({ status: 7, stdout: "", stderr: "" });
      expect(statSync(compiled).size).toBeGreaterThan(size / 2);
    }
  });

  test("imports packages later, also from the compiled form", async () => {
    for (const _ of ["written", "used"])
      expect(await tslake("later")).toEqual({ status: 0, stdout: "function\n", stderr: "" });
  });

  test("removes old bundles and the remains of interrupted builds, not young ones", async () => {
    const hour = 3_600;
    const now = Date.now() / 1000;
    const folders = Array.from({ length: 9 }, (_, i) => `${i}`.repeat(32));
    for (const [i, name] of [...folders, ".build-dead", "other", ".build-busy"].entries()) {
      mkdirSync(join(cache(), name), { recursive: true });
      utimesSync(join(cache(), name), now, name === ".build-busy" ? now : now - (i + 2) * hour);
    }
    await tslake();
    expect(bundles().filter((name) => /^(\d)\1+$/.test(name))).toEqual(folders.slice(0, 4));
    expect(readdirSync(cache()).filter((name) => name.startsWith(".build"))).toEqual([".build-busy"]);
    expect(existsSync(join(cache(), "other"))).toBe(true);
  });

  test("builds in the temporary folder when node_modules cannot be written", async () => {
    const temporary = join(project, "tmp");
    mkdirSync(temporary);
    writeFileSync(join(project, "node_modules", ".cache"), "not a folder");
    expect(await node(["bin/tslake.js", "packages"], ".", { TMPDIR: temporary })).toMatchObject({
      status: 0,
      stderr: "",
    });
    expect(readdirSync(temporary)).toEqual([expect.stringMatching(/^tslake-\w+-[0-9a-f]{16}$/)]);
  });

  test("loads a package at the first use of what was imported from it", async () => {
    expect(await tslake("packages")).toMatchObject({ stdout: "false function true false\n" });
    expect(await tslake("class")).toMatchObject({ stdout: "x function function\n" });
    expect(await tslake("inlined")).toMatchObject({ stdout: "function function false false\n" });
  });

  test("says where a source does not parse or what it imports is missing, without a stack", async () => {
    write("lib/animal.ts", "export class Animal {\n  legs = = 4;\n}\n");
    const broken = await tslake();
    expect(broken).toEqual({
      status: 1,
      stdout: "",
      stderr: expect.stringMatching(/^lib\/animal\.ts:2:10: error: .+\n {4}legs = = 4;\n$/),
    });
    write("lib/animal.ts", `import { a } from "./gone.js";\nexport class Animal { a = a }\n`);
    expect(await tslake()).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/^lib\/animal\.ts:1:19: error: .*"\.\/gone\.js"/),
    });
    expect(bundles()).toEqual([]);
  });

  test("shows a bug's stack in terms of the sources", async () => {
    const { status, stderr } = await tslake("bug");
    expect(status).toBe(1);
    expect(stderr).toMatch(/^TypeError: a bug\n\s+at .*\(lib\/cli\/main\.ts:8:32\)\n/);
  });

  test("says what is wrong with a contract and where it stands, without a stack", async () => {
    cpSync("lib/errors.ts", join(project, "lib", "errors.ts"));
    write("lib/tables/index.ts", `export { m1 } from "./gold/m1.js";\n`);
    write("lib/cli/main.ts", `import { m1 } from "../tables/index.js";\nexport const main = async () => Number(m1);\n`);
    write(
      "lib/define.ts",
      [
        `import { ContractError } from "./errors.js";`,
        "export function define(name: string, key: string): number {",
        `  throw new ContractError("a key column cannot be null", {`,
        `    where: { table: name }, expected: "k: ….notNull()", actual: key, remedy: "add it" });`,
        "}",
        "",
      ].join("\n"),
    );
    write(
      "lib/tables/gold/m1.ts",
      `import { define } from "../../define.js";\n\nexport const m1 = define("gold.m1", "k");\n`,
    );
    expect(await tslake("doctor")).toEqual({
      status: 1,
      stdout: "",
      stderr: [
        "a key column cannot be null",
        "  at table gold.m1",
        "  expected: k: ….notNull()",
        "  actual:   k",
        "  to do:    add it",
        "  contract: lib/tables/gold/m1.ts:3:19",
        "",
      ].join("\n"),
    });
    write("lib/tables/gold/m1.ts", "const list = [3].map((n) => n.toFixed());\nexport const m1 = list.first();\n");
    expect(await tslake()).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(
        /^TypeError: list\.first is not a function\n {2}contract: lib\/tables\/gold\/m1\.ts:2:24\n\s+at /,
      ),
    });
  });

  test("passes the exit status on, and survives a reader that leaves", async () => {
    expect(await tslake("x", "42")).toMatchObject({ status: 42 });
    const child = spawn(process.execPath, ["bin/tslake.js", "long"], {
      cwd: project,
      stdio: ["ignore", "pipe", "pipe"],
    });
    let complaint = "";
    child.stderr.on("data", (chunk: Buffer) => {
      complaint += chunk.toString();
    });
    child.stdout.once("data", () => child.stdout.destroy());
    const status = await new Promise((done) => child.on("close", done));
    expect({ status, complaint }).toEqual({ status: 0, complaint: "" });
  });

  test("says in one line what is wrong when esbuild is missing", async () => {
    rmSync(join(project, "node_modules", "esbuild"));
    const { status, stderr } = await tslake();
    expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringMatching(/^esbuild.* Run `npm ci`.*\n$/) });
  });

  test("takes the bundle that TSLAKE_BUNDLE names without looking at the sources", async () => {
    await tslake();
    const bundle = join(cache(), bundles()[0] ?? "", "index.cjs");
    write("lib/index.ts", "does not parse (");
    expect(await node(["-p", `require("tslake").version`], ".", { TSLAKE_BUNDLE: bundle })).toMatchObject({
      stdout: "1\n",
    });
    expect(await node(["-p", `require("tslake").version`])).toMatchObject({ status: 1 });
  });

  test("refuses a Node.js that is too old in one line", async () => {
    const old = `Object.defineProperty(process.versions, "node", { value: "18.20.4" }); require("./bin/tslake.js");`;
    expect(await node(["-e", old])).toEqual({
      status: 1,
      stdout: "",
      stderr: "tslake needs Node.js 20.19 or newer (22.12 or newer of line 22); this is 18.20.4.\n",
    });
    expect(existsSync(cache())).toBe(false);
  });
});

interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function tslake(...argv: string[]): Promise<Outcome> {
  return node(["bin/tslake.js", ...argv]);
}

function node(argv: readonly string[], folder = ".", env: Readonly<Record<string, string>> = {}): Promise<Outcome> {
  const { TSLAKE_BUNDLE: _, ...inherited } = process.env;
  const child = spawn(process.execPath, argv, {
    cwd: join(project, folder),
    env: { ...inherited, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const output = { stdout: "", stderr: "" };
  child.stdout.on("data", (chunk: Buffer) => {
    output.stdout += chunk.toString();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    output.stderr += chunk.toString();
  });
  return new Promise((done, failed) => {
    child.on("error", failed);
    child.on("close", (status) => done({ status, ...output }));
  });
}

function cache(): string {
  return join(project, "node_modules", ".cache", "tslake");
}

/** The cached bundles, by name. */
function bundles(): string[] {
  return existsSync(cache()) ? readdirSync(cache()).filter((name) => /^[0-9a-f]{32}$/.test(name)) : [];
}

function write(file: string, source: string): void {
  mkdirSync(dirname(join(project, file)), { recursive: true });
  writeFileSync(join(project, file), source);
}
