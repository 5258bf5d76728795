import { execFileSync } from "node:child_process";

/** Whether a file system of this size (`3m`) could be mounted at a folder; whoever asked unmounts it. */
export function mounted(folder: string, size: string): boolean {
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${size}`, "tmpfs", folder], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
