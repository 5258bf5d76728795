#!/usr/bin/env node
/**
 * Checks the project: format, lint, types, notebook cells, unused code. One line per part; a part that fails is shown in
 * full and makes the exit status 1. `--fix` applies the formatter and the linter's safe fixes first.
 */
"use strict";

require("./node-version.js");

const { spawn, spawnSync } = require("node:child_process");
const path = require("node:path");
const { load, fail, ROOT, BuildError } = require("./launcher.js");

const biome = "@biomejs/biome/bin/biome";

const PARTS = [
  { name: "types", check: () => run("typescript/bin/tsc", ["--project", ".", "--noEmit", "--pretty", "false"]) },
  { name: "unused code", check: () => run("knip/bin/knip.js", ["--no-progress"]) },
  { name: "lint", check: () => run(biome, ["check", "--formatter-enabled=false", "--error-on-warnings", "."]) },
  { name: "format", check: () => run(biome, ["format", "."]) },
  { name: "notebook cells", check: checkCells },
];
/** Parts at a time: most of them use more than one core themselves. */
const AT_ONCE = 2;

main(process.argv.slice(2)).then((status) => {
  process.exitCode = status;
}, fail);

async function main(argv) {
  const unknown = argv.find((argument) => argument !== "--fix");
  if (unknown !== undefined) {
    process.stderr.write(`Unknown argument ${unknown}. Usage: npm run check -- [--fix]\n`);
    return 2;
  }
  if (argv.includes("--fix")) {
    spawnSync(process.execPath, [tool(biome), "check", "--write", "--log-level=error", "."], {
      cwd: ROOT,
      stdio: "inherit",
    });
  }
  const waiting = [...PARTS];
  let failures = 0;
  const worker = async () => {
    for (let part = waiting.shift(); part !== undefined; part = waiting.shift()) {
      const start = performance.now();
      const { ok, output } = await part.check();
      const seconds = ((performance.now() - start) / 1000).toFixed(1);
      process.stdout.write(`${ok ? "ok    " : "FAILED"} ${part.name.padEnd(16)} ${seconds.padStart(5)} s\n`);
      if (ok) continue;
      failures++;
      process.stdout.write(`${output.trimEnd()}\n`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return failures === 0 ? 0 : 1;
}

/** Runs a tool of node_modules; its output is kept for the case that it fails. */
function run(script, argv) {
  return new Promise((done) => {
    const child = spawn(process.execPath, [tool(script), ...argv], { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] });
    const chunks = [];
    child.stdout.on("data", (chunk) => chunks.push(chunk));
    child.stderr.on("data", (chunk) => chunks.push(chunk));
    child.on("error", (error) => done({ ok: false, output: error.message }));
    child.on("close", (status) => done({ ok: status === 0, output: Buffer.concat(chunks).toString() }));
  });
}

/** A tool's script: the launchers in node_modules/.bin may be another package's of the same name. */
function tool(script) {
  return path.join(ROOT, "node_modules", script);
}

/** Type-checks every cell of every notebook. */
async function checkCells() {
  try {
    const problems = await load()["notebook check"].checkNotebooks(path.join(ROOT, "notebooks"));
    return { ok: problems.length === 0, output: problems.join("\n") };
  } catch (error) {
    return { ok: false, output: error instanceof BuildError ? error.message : String(error.stack) };
  }
}
