import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WorkspaceCopy } from "../support/copied_workspace.js";

const scratch = mkdtempSync(join(tmpdir(), "tslake-lab-command-"));
const workspace = new WorkspaceCopy();
const home = join(scratch, "home");
const programs = join(scratch, "programs");
/** What stands in for jupyter-lab: says its version, or takes down how it was called, answers once and ends. */
const JUPYTER = `#!${process.execPath}
const { createServer } = require("node:http");
const { writeFileSync } = require("node:fs");
if (process.argv[2] === "--version") return console.log("4.6.6");
const port = Number(process.argv.find((argument) => argument.startsWith("--ServerApp.port=")).split("=")[1]);
writeFileSync(${JSON.stringify(join(scratch, "called.json"))}, JSON.stringify({ argv: process.argv.slice(2), env: process.env }));
createServer((_, response) => { response.end("{}"); setTimeout(() => process.exit(0), 300); }).listen(port, "127.0.0.1");
`;

beforeAll(() => {
  // A lake that is there: the pipeline need not make one.
  mkdirSync(workspace.path("data_lake", "lake"), { recursive: true });
  for (const folder of [home, programs]) mkdirSync(folder);
  writeFileSync(join(programs, "jupyter-lab"), JUPYTER, { mode: 0o755 });
});
afterAll(() => {
  workspace.remove();
  rmSync(scratch, { recursive: true, force: true });
});

/** Runs `npx tslake lab`; nothing but `path` and Node.js is on the path. */
function lab(path: string, argv: readonly string[], more: Record<string, string> = {}) {
  const { TSLAKE_BUNDLE: _, JUPYTER_TOKEN: __, ...env } = process.env;
  const child = spawn(process.execPath, ["bin/tslake.js", "lab", "--no-browser", ...argv], {
    cwd: workspace.root,
    env: { ...env, HOME: home, PATH: path, ...more },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (text += chunk.toString()));
  return new Promise<{ status: number | null; text: string }>((resolve) =>
    child.once("close", (status) => resolve({ status, text })),
  );
}

function called(): { readonly argv: string[]; readonly env: Record<string, string | undefined> } {
  return JSON.parse(readFileSync(join(scratch, "called.json"), "utf8"));
}

/** A port of this run's own: several may run at once. */
const PORT = String(20_000 + (process.pid % 10_000));

describe.skipIf(process.platform === "win32")("tslake lab", { timeout: 60_000 }, () => {
  test("says what is missing where there is neither Jupyter nor Python", async () => {
    const { status, text } = await lab(
      dirname(process.execPath) === "/usr/bin" ? scratch : dirname(process.execPath),
      [],
    );
    expect(status).toBe(2);
    expect(text).toContain("JupyterLab is not installed, and there is no Python to install it with");
    expect(text).toMatch(/to do: .*npm run docker/);
  });

  test("starts Lab with everything of its own inside the workspace", async () => {
    const { status, text } = await lab(programs, ["--port", PORT]);
    expect({ status, text }).toMatchObject({ status: 0 });
    expect(text).toContain(`JupyterLab: http://127.0.0.1:${PORT}/lab?token=1234`);
    expect(text).toContain("Notebooks work on a clone of the lake");
    expect(text).not.toContain("WARNING");
    const { argv, env } = called();
    expect(argv).toContain("--ServerApp.ip=127.0.0.1");
    expect(argv.join(" ")).not.toContain("1234");
    expect(env["JUPYTER_TOKEN"]).toBe("1234");
    expect(env["TSLAKE_BUNDLE"]).toBeUndefined();
    const folders = ["CONFIG", "DATA", "RUNTIME"].map((name) => env[`JUPYTER_${name}_DIR`] ?? "");
    for (const folder of folders) expect(folder.startsWith(workspace.path(".tslake"))).toBe(true);
    const kernel = join(env["JUPYTER_DATA_DIR"] ?? "", "kernels", "tslab", "kernel.json");
    expect(JSON.parse(readFileSync(kernel, "utf8"))).toMatchObject({
      display_name: "TypeScript",
      argv: [
        process.execPath,
        "--no-force-async-hooks-checks",
        workspace.path("bin", "kernel.js"),
        "{connection_file}",
      ],
    });
    expect(existsSync(env["JUPYTERLAB_SETTINGS_DIR"] ?? "")).toBe(true);
    expect(readdirSync(home)).toEqual([]);
  });

  test("warns of the default token on an address that others reach", async () => {
    const open = await lab(programs, ["--port", PORT, "--ip", "0.0.0.0"]);
    expect(open.text).toContain(`WARNING: everyone who reaches 0.0.0.0:${PORT} can run code here`);
    const contained = await lab(programs, ["--port", PORT, "--ip", "0.0.0.0", "--published-on", "127.0.0.1"]);
    expect(contained.text).not.toContain("WARNING");
    const secret = await lab(programs, ["--port", PORT, "--ip", "0.0.0.0"], { JUPYTER_TOKEN: "a secret" });
    expect(secret.text).not.toContain("WARNING");
    expect(secret.text).not.toContain("a secret");
    expect(called().env["JUPYTER_TOKEN"]).toBe("a secret");
  });

  test("refuses a port that is none", async () => {
    expect(await lab(programs, ["--port", "eighty"])).toMatchObject({ status: 2 });
  });
});
