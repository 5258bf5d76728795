import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { filterNotebooks } from "../../lib/cli/git_filter.js";
import { cleanNotebooks } from "../../lib/cli/notebooks.js";
import { checkNotebooks } from "../../lib/notebook/check.js";
import { formatNotebook, readNotebook } from "../../lib/notebook/document.js";

/** A clone of its own with one notebook. */
const clone = mkdtempSync(join(tmpdir(), "tslake-clone-"));
const path = join(clone, "notebooks", "gold", "gvm.ipynb");
const source = readFileSync(resolve("notebooks/gold/gvm.ipynb"), "utf8");

beforeAll(() => {
  mkdirSync(join(clone, "notebooks", "gold"), { recursive: true });
  for (const name of [".gitattributes", "package.json", "tsconfig.json"]) cpSync(resolve(name), join(clone, name));
  for (const name of ["bin", "lib", "node_modules"]) symlinkSync(resolve(name), join(clone, name), "junction");
  writeFileSync(path, source);
  writeFileSync(join(clone, ".gitignore"), "bin\nlib\nnode_modules\n");
  git("init", "--quiet");
  git("add", "--all");
  git("-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "--quiet", "--message", "first");
});
afterAll(() => rmSync(clone, { recursive: true, force: true }));

function git(...argv: string[]): string {
  return execFileSync("git", argv, { cwd: clone, encoding: "utf8" }).trim();
}

/** What Lab saves: outputs, counts, times. */
async function execute(): Promise<void> {
  const notebook = await readNotebook(path);
  const cells = notebook.cells.map((cell) =>
    cell.cell_type === "code"
      ? {
          ...cell,
          execution_count: 3,
          metadata: { execution: { "iopub.status.busy": "2023-01-01T00:00:00Z" } },
          outputs: [{ output_type: "stream", name: "stdout", text: "1\n" } as const],
        }
      : cell,
  );
  writeFileSync(path, formatNotebook({ ...notebook, cells }));
}

describe("outputs of notebooks", { timeout: 60_000 }, () => {
  test("are refused by the check, which names the command that takes them out", async () => {
    await execute();
    const folder = join(clone, "notebooks");
    expect(await checkNotebooks(folder)).toEqual([
      `${join("notebooks", "gold", "gvm.ipynb")} has outputs: npx tslake notebooks clean takes them out`,
    ]);
    expect(await cleanNotebooks(clone)).toBe(`cleaned: ${join("notebooks", "gold", "gvm.ipynb")}`);
    expect(readFileSync(path, "utf8")).toBe(source);
    expect(await cleanNotebooks(clone)).toBe("no notebook has outputs");
    expect(await checkNotebooks(folder)).toEqual([]);
  });

  test("change nothing for git in a clone whose filter is set", async () => {
    expect(git("status", "--porcelain")).toBe("");
    await execute();
    expect(git("status", "--porcelain")).toBe("M notebooks/gold/gvm.ipynb");
    expect(filterNotebooks(clone)).toMatch(/^git leaves the outputs of notebooks out .*git config --unset filter\./);
    expect(filterNotebooks(clone)).toBeUndefined();
    git("add", "notebooks");
    expect(git("status", "--porcelain")).toBe("");
    writeFileSync(path, readFileSync(path, "utf8").replace("closingDays(lake", "closingDays( lake"));
    expect(git("diff", "--stat")).toMatch(/1 file changed, 1 insertion\(\+\), 1 deletion\(-\)/);
    writeFileSync(path, "<<<<<<< ours\n");
    expect(git("diff")).toContain("+<<<<<<< ours");
  });
});
