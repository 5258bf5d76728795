/**
 * The library run from its sources, module by module, in a process that lives long: a changed file is loaded anew, together
 * with the modules that import it, while all others, and what they hold, stay as they are.
 */
"use strict";

const fs = require("node:fs");
const { createRequire, SourceMap, wrap } = require("node:module");
const path = require("node:path");
const vm = require("node:vm");

class LiveLibrary {
  #root;
  #folder;
  #build;
  /** By file: the signature of what was read, the code made from it, its source map. */
  #sources = new Map();
  /** By file: what it exports and which files it imports; not loaded is one that loads, or whose loading was interrupted. */
  #modules = new Map();
  /** By file: the exports, since dropped, that callers still hold. */
  #held = new Map();

  /** `build(files)` answers code and source map by file, or throws. */
  constructor({ root, build }) {
    this.#root = root;
    this.#folder = path.join(root, "lib");
    this.#build = build;
  }

  /** The exports of a file of the library, as they were at the last `refresh`. */
  require(file) {
    if (this.#sources.size === 0) this.#read();
    return this.#load(path.join(this.#root, file));
  }

  /**
   * Reads what has changed. Answers the changed files, and for each file that `require` has given out, and that is a new one
   * now, its former and present exports. What does not build, or throws while it loads, does so here, each time, until mended.
   */
  refresh() {
    if (this.#sources.size === 0) return { changed: [], replaced: [] };
    for (const [file, { isLoaded }] of this.#modules) if (!isLoaded) this.#modules.delete(file);
    const changed = this.#read();
    for (const file of this.#importersOf(changed)) {
      const module = this.#modules.get(file);
      if (module.given && !this.#held.has(file)) this.#held.set(file, module.exports);
      this.#modules.delete(file);
    }
    const replaced = [];
    for (const [file, before] of this.#held) replaced.push({ before, now: this.#load(file) });
    this.#held.clear();
    return { changed, replaced };
  }

  /** The place in the sources, from 1, of one in running code; undefined for files of others. */
  locate(file, line, column) {
    const source = this.#sources.get(file);
    if (source === undefined) return undefined;
    source.parsedMap ??= new SourceMap(JSON.parse(source.map));
    const entry = source.parsedMap.findEntry(line - 1, column - 1);
    if (entry.originalLine === undefined) return undefined;
    const name = path.relative(this.#root, file).replaceAll("\\", "/");
    return { file: name, line: entry.originalLine + 1, column: entry.originalColumn + 1 };
  }

  /** Brings the sources up to date and answers which files have changed, come or gone. */
  #read() {
    const present = new Map(this.#list().map((file) => [file, signatureOf(file)]));
    const gone = [...this.#sources.keys()].filter((file) => !present.has(file));
    const changed = [...present.keys()].filter((file) => this.#sources.get(file)?.signature !== present.get(file));
    const built = changed.length > 0 ? [...this.#build(changed)] : [];
    const sources = built.map(([file, made]) => [file, { signature: present.get(file), ...made }]);
    // At once: an interrupt may end this anywhere.
    this.#sources = new Map([...this.#sources, ...sources]);
    for (const file of gone) this.#sources.delete(file);
    return [...changed, ...gone];
  }

  #list() {
    const entries = fs.readdirSync(this.#folder, { recursive: true });
    return entries.filter((name) => name.endsWith(".ts")).map((name) => path.join(this.#folder, name));
  }

  /** The loaded ones among these files and all that import them, directly or not. */
  #importersOf(files) {
    const found = new Set(files.filter((file) => this.#modules.has(file)));
    for (let before = -1; before !== found.size; ) {
      before = found.size;
      for (const [file, { imports }] of this.#modules) {
        if (imports.some((imported) => found.has(imported))) found.add(file);
      }
    }
    return found;
  }

  #load(file, given = true) {
    const loaded = this.#modules.get(file);
    if (loaded !== undefined) {
      loaded.given ||= given;
      return loaded.exports;
    }
    const source = this.#sources.get(file);
    if (source === undefined) throw new Error(`${path.relative(this.#root, file)} is not there any more.`);
    const module = { exports: {}, imports: [], given, isLoaded: false };
    const requirePackage = createRequire(file);
    const requireAny = (id) => {
      if (!id.startsWith(".")) return requirePackage(id);
      const imported = path.resolve(path.dirname(file), id).replace(/\.js$/, ".ts");
      module.imports.push(imported);
      return this.#load(imported, false);
    };
    this.#modules.set(file, module);
    try {
      const script = new vm.Script(wrap(source.code), { filename: file });
      script.runInThisContext()(
        module.exports,
        Object.assign(requireAny, requirePackage),
        module,
        file,
        path.dirname(file),
      );
    } catch (error) {
      this.#modules.delete(file);
      throw error;
    }
    module.isLoaded = true;
    return module.exports;
  }
}

module.exports = { LiveLibrary };

function signatureOf(file) {
  const stat = fs.statSync(file, { bigint: true, throwIfNoEntry: false });
  return stat === undefined ? "" : `${stat.mtimeNs}:${stat.size}`;
}
