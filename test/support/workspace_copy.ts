import { cpSync, mkdirSync, readdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "../..");

/** Makes a folder a workspace of its own, whose files a test may edit: copies of some, the installed packages by links. */
export function copyWorkspace(folder: string, names: readonly string[]): void {
  for (const name of names) cpSync(join(root, name), join(folder, name), { recursive: true });
  const packages = join(folder, "node_modules");
  const own: Readonly<Record<string, string>> = { tslake: join(folder, "lib"), "tslake-cli": join(folder, "bin") };
  mkdirSync(packages);
  for (const name of readdirSync(join(root, "node_modules"))) {
    if (name.startsWith(".")) continue;
    symlinkSync(own[name] ?? join(root, "node_modules", name), join(packages, name), "junction");
  }
}
