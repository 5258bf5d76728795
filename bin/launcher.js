/**
 * Loads the library, which is TypeScript, from a bundle that is cached by content.
 *
 * The cache is `node_modules/.cache/tslake/<hash of the sources>/`, or a folder of the system's temporary one where
 * node_modules cannot be written. A bundle appears there whole, by one rename, or not at all; two processes that build at once
 * do no harm. The sources' sizes and times are remembered, so an unchanged tree is recognised without reading it.
 */
"use strict";

require("./node-version.js");

const { createHash } = require("node:crypto");
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");

const ROOT = fs.realpathSync(path.join(__dirname, ".."));
const SOURCE_FOLDERS = ["lib", "scripts", "bench"];
/** Besides the sources, what the bundle depends on. */
const INGREDIENTS = [
  "bin/launcher.js",
  "bin/build.js",
  "bin/compiled.js",
  "package.json",
  "node_modules/esbuild/package.json",
];
/** Below this folder the user writes contracts. */
const CONTRACTS = path.join(ROOT, "lib", "tables") + path.sep;
const CACHE = path.join(ROOT, "node_modules", ".cache", "tslake");
const MEMORY = "current.json";
/** What a bundle's folder is loaded by. */
const BUNDLE = "index.cjs";
const BUNDLES_KEPT = 5;
const HOUR = 3_600_000;
/** Milliseconds within which a file may change without a change of its time. */
const CLOCK_GRAIN = 2_000;

/** The sources do not build; the message lists every place as `file:line:column`. */
class BuildError extends Error {
  name = "BuildError";
  stack = this.message;
}

/** The entry points of the bundle by name, each evaluated when it is first asked for. */
function load() {
  return require(bundle());
}

/** The absolute path of the bundle of the present sources, built if need be. `TSLAKE_BUNDLE` names one that is ready. */
function bundle() {
  const given = process.env.TSLAKE_BUNDLE;
  if (given !== undefined && fs.existsSync(given)) return given;
  const sources = listSources();
  return recall(sources) ?? bundleOf(sources);
}

/** Runs an entry point's `main(argv)` as this process's work; its result is the exit status. */
function start(entry) {
  process.on("uncaughtException", fail);
  process.stdout.on("error", (error) => {
    if (error.code !== "EPIPE") throw error;
    process.exit(0);
  });
  let running;
  try {
    process.env.TSLAKE_BUNDLE = bundle();
    running = load()[entry].main(process.argv.slice(2));
  } catch (error) {
    return fail(error);
  }
  running.then((status) => {
    process.exitCode = status;
  }, fail);
}

/** Prints what went wrong, with a stack only for a bug, and ends the process. */
function fail(error) {
  process.stderr.write(`${error instanceof BuildError ? error.message : describe(error)}\n`);
  process.exit(1);
}

module.exports = { load, bundle, start, fail, ROOT, BuildError };

function bundleOf(sources) {
  for (let attempt = 0; attempt < 5; attempt++) {
    const hash = hashOf(sources.files);
    const cache = find(hash) ?? build(hash, sources);
    if (cache !== undefined) {
      remember(cache, sources, hash);
      return path.join(cache, hash, BUNDLE);
    }
    sources = listSources();
  }
  throw new BuildError("The library's sources keep changing while they are built; try again when they are at rest.");
}

/** The cache that holds a bundle, if one does. */
function find(hash) {
  return caches().find((cache) => fs.existsSync(path.join(cache, hash, BUNDLE)));
}

/** Builds into a cache and answers which; undefined when the sources changed meanwhile, and what was built is a mixture. */
function build(hash, sources) {
  const cache = caches().find(isWritable);
  if (cache === undefined)
    throw new BuildError(`No folder to build the library in: ${caches().join(" and ")} cannot be written.`);
  const temporary = fs.mkdtempSync(path.join(cache, ".build-"));
  try {
    require("./build.js").build({ root: ROOT, folder: temporary, BuildError });
    fs.copyFileSync(path.join(__dirname, "compiled.js"), path.join(temporary, BUNDLE));
    if (cache !== CACHE)
      fs.symlinkSync(path.join(ROOT, "node_modules"), path.join(temporary, "node_modules"), "junction");
    fs.chmodSync(temporary, 0o755);
    if (listSources().signature !== sources.signature) return undefined;
    publish(temporary, path.join(cache, hash));
  } finally {
    fs.rmSync(temporary, { recursive: true, force: true });
  }
  prune(cache, hash);
  return cache;
}

/** Gives a finished folder its name; whoever comes second keeps what the first one put there. */
function publish(temporary, folder) {
  for (const last of [false, true]) {
    try {
      return fs.renameSync(temporary, folder);
    } catch (error) {
      if (fs.existsSync(path.join(folder, BUNDLE))) return;
      if (last) throw error;
      fs.rmSync(folder, { recursive: true, force: true });
    }
  }
}

/** Removes bundles beyond the newest few and the remains of interrupted builds, none of them younger than an hour. */
function prune(cache, current) {
  const entries = fs
    .readdirSync(cache, { withFileTypes: true })
    .filter((entry) => /^([0-9a-f]{32}|\.build-.*)$/.test(entry.name) && entry.name !== current)
    .map((entry) => ({ name: entry.name, time: timeOf(path.join(cache, entry.name)) }))
    .sort((a, b) => b.time - a.time);
  const bundles = entries.filter((entry) => !entry.name.startsWith("."));
  const spare = new Set(bundles.slice(0, BUNDLES_KEPT - 1));
  for (const entry of entries) {
    if (spare.has(entry) || Date.now() - entry.time < HOUR) continue;
    fs.rmSync(path.join(cache, entry.name), { recursive: true, force: true });
  }
}

/** When a folder was last written; another process may have removed it. */
function timeOf(folder) {
  return fs.statSync(folder, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

/** The bundle that was last made or found for sources of this signature. */
function recall(sources) {
  const { signature, hash } = readJson(path.join(CACHE, MEMORY)) ?? {};
  if (signature !== sources.signature) return undefined;
  const file = path.join(CACHE, String(hash), BUNDLE);
  return fs.existsSync(file) ? file : undefined;
}

function remember(cache, sources, hash) {
  if (cache !== CACHE || sources.newest > Date.now() - CLOCK_GRAIN) return;
  const temporary = path.join(cache, `.${MEMORY}-${process.pid}`);
  try {
    fs.writeFileSync(temporary, JSON.stringify({ signature: sources.signature, hash }));
    fs.renameSync(temporary, path.join(cache, MEMORY));
    fs.utimesSync(path.join(cache, hash), new Date(), new Date());
  } catch {
    // A cache that cannot be written costs time, nothing else.
  }
}

/** Every file that the bundle is made of, and a digest of their paths, sizes and times. */
function listSources() {
  const files = [...INGREDIENTS];
  for (const folder of SOURCE_FOLDERS) if (fs.existsSync(path.join(ROOT, folder))) collect(folder, files);
  const digest = createHash("sha1");
  let newest = 0;
  for (const file of files) {
    const { size, mtimeMs, ctimeMs, ino } = fs.statSync(path.join(ROOT, file), { throwIfNoEntry: false }) ?? {};
    digest.update(`${file}\0${size}\0${mtimeMs}\0${ctimeMs}\0${ino}\n`);
    newest = Math.max(newest, mtimeMs ?? 0, ctimeMs ?? 0);
  }
  return { files, signature: digest.digest("hex"), newest };
}

function collect(folder, files) {
  for (const entry of fs.readdirSync(path.join(ROOT, folder), { withFileTypes: true })) {
    const file = `${folder}/${entry.name}`;
    if (entry.isDirectory()) collect(file, files);
    else if (entry.name.endsWith(".ts")) files.push(file);
  }
}

function hashOf(files) {
  const digest = createHash("sha256");
  for (const file of files) {
    const content = file === "package.json" ? packageIngredient() : readIfThere(path.join(ROOT, file));
    digest.update(`${file}\0${content?.length}\0`).update(content ?? "");
  }
  return digest.digest("hex").slice(0, 32);
}

function packageIngredient() {
  return JSON.stringify(readJson(path.join(ROOT, "package.json"))?.dependencies ?? {});
}

/** Where bundles may be, in order of preference. */
function caches() {
  return isWritable(CACHE) ? [CACHE] : [CACHE, temporaryCache()];
}

function isWritable(folder) {
  try {
    fs.mkdirSync(folder, { recursive: true });
    fs.accessSync(folder, fs.constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** A folder of this user's own among the temporary ones: another user's would be another user's code. */
function temporaryCache() {
  const user = process.getuid?.() ?? os.userInfo().username;
  const name = createHash("sha256").update(ROOT).digest("hex").slice(0, 16);
  const folder = path.join(os.tmpdir(), `tslake-${user}-${name}`);
  fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
  const { uid, mode } = fs.lstatSync(folder);
  const ours = process.getuid === undefined || (uid === process.getuid() && (mode & 0o077) === 0);
  return ours ? folder : fs.mkdtempSync(`${folder}-`);
}

/**
 * An error as its reader needs it: one of the family without its stack, any other one with the stack in terms of the sources.
 * Where the stack passes through a contract, its place comes first.
 */
function describe(error) {
  if (!(error instanceof Error) || error.stack === undefined) return String(error);
  const { stack, places } = inSources(error.stack);
  const contract = places.find(({ file }) => file.startsWith(CONTRACTS));
  const place = contract === undefined ? "" : `\n  contract: ${contract.name}`;
  if (Symbol.for("tslake.error") in error) return load().errors.describeError(error) + place;
  const frames = stack.search(/\n\s+at /);
  return frames < 0 ? stack + place : stack.slice(0, frames) + place + stack.slice(frames);
}

/** A stack in terms of the sources, and the places in them that it passes through, innermost first. */
function inSources(stack) {
  const file = path.join(path.dirname(process.env.TSLAKE_BUNDLE ?? ""), "bundle.cjs");
  const payload = readJson(`${file}.map`);
  if (payload === undefined) return { stack, places: [] };
  const map = new (require("node:module").SourceMap)(payload);
  const places = [];
  const mapped = stack.replaceAll(new RegExp(`${quote(file)}:(\\d+):(\\d+)`, "g"), (place, line, column) => {
    const { originalSource, originalLine, originalColumn } = map.findEntry(Number(line) - 1, Number(column) - 1);
    if (originalSource === undefined) return place;
    const source = path.resolve(path.dirname(file), originalSource);
    const name = `${path.relative(process.cwd(), source)}:${originalLine + 1}:${originalColumn + 1}`;
    places.push({ file: source, name });
    return name;
  });
  return { stack: mapped, places };
}

function quote(text) {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

function readIfThere(file) {
  try {
    return fs.readFileSync(file);
  } catch (error) {
    if (error.code === "ENOENT") return undefined;
    throw error;
  }
}

function readJson(file) {
  try {
    return JSON.parse(fs.readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}
