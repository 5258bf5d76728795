import fs from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { describeError, firstLine } from "../errors.js";
import { notebookOf } from "../pipeline/step.js";
import { scan } from "../relation/relation.js";
import { field } from "../types.js";
import type { Workspace } from "../workspace.js";
import { formatBytes } from "./describe.js";
import { jupyterBin } from "./jupyter.js";

/** One thing that was looked at. `warning`: works, but not everything will. */
export interface Finding {
  readonly about: string;
  readonly state: "ok" | "warning" | "broken";
  readonly text: string;
}

/** Free space below which a run is likely to fail, in bytes. */
const LITTLE_SPACE = 1_000_000_000;

/** Looks at everything that a run needs; each problem comes with what to do about it. */
export async function examineWorkspace(workspace: Workspace): Promise<readonly Finding[]> {
  const { settings, catalog, lake } = workspace;
  return [
    { about: "Node.js", state: "ok", text: `${process.version} on ${process.platform} ${process.arch}` },
    packages(settings.root),
    await engine(lake),
    { about: "workspace", state: "ok", text: settings.root },
    { about: "time zone", state: "ok", text: settings.timeZone },
    folder("landing", settings.landing),
    ...(settings.lake === settings.lakeFolder ? [] : [await bucket(workspace.storage)]),
    folder("lake", settings.lakeFolder),
    space(settings.lakeFolder),
    ...notebooks(
      settings.root,
      catalog.steps.map((table) => table.name),
    ),
    await tables(
      lake,
      catalog.steps.filter((table) => table.layer !== "warehouse").map((table) => table.name),
    ),
    await warehouse(workspace),
    jupyter(settings.root),
  ];
}

function packages(root: string): Finding {
  const { dependencies = {} } = JSON.parse(fs.readFileSync(join(root, "package.json"), "utf8")) as {
    readonly dependencies?: Readonly<Record<string, string>>;
  };
  const missing = Object.keys(dependencies).filter((name) => !fs.existsSync(join(root, "node_modules", name)));
  if (missing.length === 0)
    return { about: "packages", state: "ok", text: `${Object.keys(dependencies).length} installed` };
  return { about: "packages", state: "broken", text: `missing: ${missing.join(", ")}; run npm ci` };
}

/** The engine is native code: it may be installed for another machine. */
async function engine(lake: Workspace["lake"]): Promise<Finding> {
  try {
    await scan({ kind: "values", rows: [["1"]] }, [field("one", "long")], lake).collect();
    return { about: "engine", state: "ok", text: "Polars" };
  } catch (error) {
    return { about: "engine", state: "broken", text: `does not work: ${firstLine(error)}; run npm ci on this machine` };
  }
}

function folder(about: string, path: string): Finding {
  const existing = nearestExisting(path);
  try {
    fs.accessSync(existing, fs.constants.R_OK | fs.constants.W_OK | fs.constants.X_OK);
    return { about, state: "ok", text: existing === path ? path : `${path} (will be made)` };
  } catch {
    return {
      about,
      state: "broken",
      text: `${existing} cannot be read and written by this user; change its permissions`,
    };
  }
}

async function bucket(storage: Workspace["storage"]): Promise<Finding> {
  try {
    await storage.read("_runs/doctor");
    return { about: "bucket", state: "ok", text: storage.uri };
  } catch (error) {
    return { about: "bucket", state: "broken", text: describeError(error) };
  }
}

function space(path: string): Finding {
  const { bavail, bsize } = fs.statfsSync(nearestExisting(path));
  const free = bavail * bsize;
  const enough = free >= LITTLE_SPACE;
  return {
    about: "free space",
    state: enough ? "ok" : "warning",
    text: `${formatBytes(free)}${enough ? "" : "; make room for the lake"}`,
  };
}

/** Every step has a notebook, and every notebook in a layer's folder a step. */
function notebooks(root: string, tables: readonly string[]): readonly Finding[] {
  const wanted = new Map(tables.map((name) => [notebookOf(name), name]));
  const present = LAYER_FOLDERS.flatMap((layer) =>
    notebooksIn(join(root, "notebooks", layer)).map((file) => `${layer}/${file}`),
  );
  const missing = [...wanted].filter(([path]) => !present.includes(path));
  const spare = present.filter((path) => !wanted.has(path));
  if (missing.length + spare.length === 0)
    return [{ about: "notebooks", state: "ok", text: `one for each of ${tables.length} steps` }];
  const finding = (state: Finding["state"], text: string): Finding => ({ about: "notebooks", state, text });
  return [
    ...missing.map(([path, name]) => finding("broken", `${name} has no notebooks/${path}`)),
    ...spare.map((path) => {
      const table = path.replace("/", ".").replace(/\.ipynb$/, "");
      return finding("warning", `notebooks/${path} never runs: lib/tables has no contract of ${table}`);
    }),
  ];
}

const LAYER_FOLDERS = ["bronze", "silver", "gold"];

function notebooksIn(folder: string): readonly string[] {
  return fs.existsSync(folder) ? fs.readdirSync(folder).filter((name) => name.endsWith(".ipynb")) : [];
}

async function tables(lake: Workspace["lake"], names: readonly string[]): Promise<Finding> {
  const broken: string[] = [];
  let stored = 0;
  for (const name of names) {
    try {
      if ((await lake.snapshot(name)) !== undefined) stored++;
    } catch (error) {
      broken.push(`${name}: ${describeError(error)}`);
    }
  }
  if (broken.length > 0) return { about: "tables", state: "broken", text: broken.join("\n") };
  return {
    about: "tables",
    state: "ok",
    text: stored === 0 ? "none yet; npm run pipeline makes them" : `${stored} of ${names.length} built`,
  };
}

async function warehouse(workspace: Workspace): Promise<Finding> {
  try {
    const { label } = workspace.warehouse;
    const loads = await workspace.warehouse.loads();
    const text = loads.map(({ star, number }) => `${star} loaded ${number} times`).join(", ");
    return { about: "warehouse", state: "ok", text: `${label}: ${text === "" ? "nothing loaded yet" : text}` };
  } catch (error) {
    return { about: "warehouse", state: "broken", text: describeError(error) };
  }
}

function jupyter(root: string): Finding {
  const program = process.platform === "win32" ? "jupyter-lab.exe" : "jupyter-lab";
  const isIn = (folder: string): boolean => fs.existsSync(join(folder, program));
  const onPath = (process.env["PATH"] ?? "").split(delimiter).find(isIn);
  if (onPath !== undefined) return { about: "Jupyter", state: "ok", text: join(onPath, program) };
  try {
    const own = jupyterBin(root);
    if (isIn(own)) return { about: "Jupyter", state: "ok", text: join(own, program) };
  } catch (error) {
    return { about: "Jupyter", state: "warning", text: firstLine(error) };
  }
  return { about: "Jupyter", state: "warning", text: "not found; npm run lab installs it, given Python 3.10 or newer" };
}

function nearestExisting(path: string): string {
  return fs.existsSync(path) || path === dirname(path) ? path : nearestExisting(dirname(path));
}
