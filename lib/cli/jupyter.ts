import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import fs from "node:fs";
import { dirname, join } from "node:path";
import { UsageError } from "../errors.js";

/** What the workspace's JupyterLab needs of Python. */
const REQUIREMENTS = "docker/requirements.txt";
const LEAST_LAB = 4;
const LEAST_PYTHON = [3, 10] as const;

/** The workspace's own folder of what Jupyter reads and writes, in place of the user's home. */
export function jupyterFolder(root: string): string {
  return join(root, ".tslake", "jupyter");
}

/** The folder of the programs of the workspace's own Jupyter, whether it is installed or not. */
export function jupyterBin(root: string): string {
  return join(pythonFolder(root), process.platform === "win32" ? "Scripts" : "bin");
}

/**
 * The program `jupyter-lab`: the one on the path, else the workspace's own, which is installed into `.tslake/` when there is
 * none.
 * @throws UsageError saying what is missing
 */
export async function findJupyter(root: string, say: (text: string) => void): Promise<string> {
  const found = versionOf("jupyter-lab", "--version");
  if (found !== undefined && Number(found[0]) >= LEAST_LAB) return "jupyter-lab";
  const [folder, bin] = [pythonFolder(root), jupyterBin(root)];
  const ready = join(folder, ".ready");
  if (!fs.existsSync(ready)) {
    const python = findPython();
    say(`JupyterLab is installed for this workspace, into ${folder}: this takes about half a minute.`);
    fs.rmSync(folder, { recursive: true, force: true });
    fs.mkdirSync(dirname(folder), { recursive: true });
    run(python, ["-m", "venv", folder], VENV_REMEDY);
    run(
      join(bin, "python"),
      ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement", join(root, REQUIREMENTS)],
      "Look at what pip says above: is there a way to a Python package index?",
    );
    fs.writeFileSync(ready, "");
  }
  return join(bin, "jupyter-lab");
}

/** Makes the kernel of this workspace known to its JupyterLab, and the pop-up about news unknown. */
export function registerKernel(root: string): void {
  const folder = jupyterFolder(root);
  writeJson(join(folder, "data", "kernels", "tslab", "kernel.json"), {
    // A computation that is interrupted does not tidy up its place among callbacks; Node.js must not take that for a fault.
    argv: [process.execPath, "--no-force-async-hooks-checks", join(root, "bin", "kernel.js"), "{connection_file}"],
    display_name: "TypeScript",
    language: "typescript",
    interrupt_mode: "signal",
  });
  const news = join(folder, "settings", "@jupyterlab", "apputils-extension", "notification.jupyterlab-settings");
  // A person may have changed it in Lab since.
  if (!fs.existsSync(news)) writeJson(news, { fetchNews: "false", checkForUpdates: false });
}

/**
 * One for each content of the requirements.
 * @throws UsageError where these are gone
 */
function pythonFolder(root: string): string {
  const path = join(root, REQUIREMENTS);
  if (!fs.existsSync(path)) {
    throw new UsageError(`${REQUIREMENTS} is gone: it says which JupyterLab this workspace needs`, {
      where: { path },
      remedy: `git checkout ${REQUIREMENTS}`,
    });
  }
  const requirements = fs.readFileSync(path);
  const key = createHash("sha256").update(requirements).digest("hex").slice(0, 8);
  return join(root, ".tslake", `python-${key}`);
}

const VENV_REMEDY = "Install Python's venv module (on Debian and Ubuntu: apt install python3-venv).";

function findPython(): string {
  const names = process.platform === "win32" ? ["python", "py"] : ["python3", "python"];
  for (const name of names) {
    const [major = 0, minor = 0] = versionOf(name, "--version")?.map(Number) ?? [];
    if (major === LEAST_PYTHON[0] && minor >= LEAST_PYTHON[1]) return name;
  }
  throw new UsageError("JupyterLab is not installed, and there is no Python to install it with", {
    expected: `jupyter-lab ${LEAST_LAB} or newer, or Python ${LEAST_PYTHON.join(".")} or newer, on the path`,
    actual: "neither",
    remedy: "Install Python (https://www.python.org/downloads/), or use Docker: npm run docker",
  });
}

/** The numbers of the version that a program prints; undefined when there is no such program. */
function versionOf(program: string, argument: string): string[] | undefined {
  const { status, stdout, stderr } = spawnSync(program, [argument], { encoding: "utf8", windowsHide: true });
  return status === 0 ? `${stdout}${stderr}`.match(/\d+/g)?.map(String) : undefined;
}

function run(program: string, argv: readonly string[], remedy: string): void {
  const { status, error } = spawnSync(program, argv, { stdio: ["ignore", 2, 2], windowsHide: true });
  if (status === 0) return;
  throw new UsageError("JupyterLab cannot be installed", {
    actual: error?.message ?? `${program} ended with status ${status}`,
    remedy,
  });
}

function writeJson(file: string, content: object): void {
  fs.mkdirSync(dirname(file), { recursive: true });
  fs.writeFileSync(file, `${JSON.stringify(content, undefined, 2)}\n`);
}
