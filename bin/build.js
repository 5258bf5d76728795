/**
 * Bundles the library, the command line and the notebook processes into one CommonJS file with one copy of each module.
 *
 * Each entry point is evaluated when it is first asked for. Packages stay outside and are loaded at the first use of
 * something imported from them, so a start pays only for what it needs; pure JavaScript packages that are slow to load
 * from their many files become part of the bundle.
 */
"use strict";

const fs = require("node:fs");
const path = require("node:path");

/** Names under which the bundle answers, and their modules. */
const ENTRIES = {
  tslake: "lib/index.ts",
  "tslake/tables": "lib/tables/index.ts",
  errors: "lib/errors.ts",
  cli: "lib/cli/main.ts",
  pipeline: "scripts/run-notebooks.ts",
  report: "scripts/report.ts",
  bench: "bench/bench.ts",
  conformance: "scripts/conformance.ts",
  "notebook process": "lib/notebook/process.ts",
  "notebook check": "lib/notebook/check.ts",
  "drawing process": "lib/notebook/drawing_process.ts",
  "notebook kernel": "lib/notebook/kernel/kernel.ts",
};
const BUNDLE = "bundle.cjs";
/** Packages that become part of the bundle. */
const INLINED = ["commander", "fzstd", "hyparquet", "hyparquet-writer", "magic-string"];
const LATER =
  "const __later = (load) => new Proxy({}, { get: (_, name) => load()[name], has: (_, name) => name in load() });";
const OPTIONS = {
  bundle: true,
  format: "cjs",
  platform: "node",
  target: "node20",
  // Code from V8's compiled form has no loader for import(); require() reads ES modules too.
  supported: { "dynamic-import": false },
  charset: "utf8",
  sourcemap: "linked",
  sourcesContent: false,
  banner: { js: LATER },
  tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true } },
  write: false,
  logLevel: "silent",
};

/** Writes the bundle and its source map into a folder and makes them durable. */
function build({ root, folder, BuildError }) {
  const esbuild = loadEsbuild(BuildError);
  const { outputFiles } = attempt(BuildError, () =>
    esbuild.buildSync({
      ...OPTIONS,
      absWorkingDir: root,
      stdin: { contents: entrySource(root), resolveDir: root, sourcefile: "entries.js", loader: "js" },
      outfile: path.join(folder, BUNDLE),
      external: outside(root),
    }),
  );
  for (const file of outputFiles) {
    writeDurably(file.path, path.basename(file.path) === BUNDLE ? Buffer.from(defer(file.text)) : file.contents);
  }
}

/** Makes each of these files, all below `root`, a CommonJS module on its own: its code and source map by file. */
function transform({ root, files, BuildError }) {
  const folder = path.join(root, ".transformed");
  const { outputFiles } = attempt(BuildError, () =>
    loadEsbuild(BuildError).buildSync({
      ...OPTIONS,
      bundle: false,
      sourcemap: "external",
      absWorkingDir: root,
      entryPoints: files,
      outbase: root,
      outdir: folder,
    }),
  );
  const texts = new Map(outputFiles.map((output) => [output.path, output.text]));
  return files.map((file) => {
    const output = path.join(folder, path.relative(root, file)).replace(/\.ts$/, ".js");
    return [file, { code: defer(texts.get(output)), map: texts.get(`${output}.map`) }];
  });
}

module.exports = { build, transform };

function entrySource(root) {
  const entries = Object.entries(ENTRIES).filter(([, file]) => fs.existsSync(path.join(root, file)));
  const getters = entries.map(([name, file]) => `get ${JSON.stringify(name)}() { return require("./${file}"); }`);
  return `module.exports = { ${getters.join(", ")} };`;
}

/**
 * Puts off the loading of every imported package, Node's own included, to the first use of one of its exports. esbuild
 * reads an import through its namespace at each use (`import_x.name`); here that variable holds a stand-in, which loads
 * the package and takes its own place as soon as it is asked for anything. Lines stay where the source map says.
 */
function defer(text) {
  return text.replaceAll(
    /\b(import_\w+) = (__toESM\(require\("[^."][^"]*"\)(?:, 1)?\)|require\("[^."][^"]*"\))/g,
    "$1 = __later(() => $&)",
  );
}

/** The packages that the bundle loads from node_modules. */
function outside(root) {
  const { dependencies, devDependencies } = JSON.parse(fs.readFileSync(path.join(root, "package.json"), "utf8"));
  const names = Object.keys({ ...dependencies, ...devDependencies, tslake: "" });
  return names.filter((name) => !INLINED.includes(name)).flatMap((name) => [name, `${name}/*`]);
}

function loadEsbuild(BuildError) {
  try {
    return require("esbuild");
  } catch {
    throw new BuildError("esbuild, which builds the library, cannot be loaded. Run `npm ci` in the project's folder.");
  }
}

function attempt(BuildError, work) {
  try {
    return withoutCollection(work);
  } catch (error) {
    if (!Array.isArray(error.errors)) throw error;
    throw new BuildError(error.errors.map(describe).join("\n"));
  }
}

/** esbuild, a program in Go, ends in less than a second: its memory need not be collected, which takes a third of the time. */
function withoutCollection(work) {
  const { GOGC } = process.env;
  process.env.GOGC = "off";
  try {
    return work();
  } finally {
    if (GOGC === undefined) delete process.env.GOGC;
    else process.env.GOGC = GOGC;
  }
}

function describe({ text, location }) {
  if (location === null) return `error: ${text}`;
  const { file, line, column, lineText } = location;
  return `${file}:${line}:${column + 1}: error: ${text}\n    ${lineText.trim()}`;
}

function writeDurably(file, content) {
  const handle = fs.openSync(file, "w");
  try {
    fs.writeFileSync(handle, content);
    fs.fsyncSync(handle);
  } finally {
    fs.closeSync(handle);
  }
}
