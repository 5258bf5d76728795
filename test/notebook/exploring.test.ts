import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Kernel, type KernelCell, startKernel } from "./kernel_client.js";

const root = join(import.meta.dirname, "../..");
const scratch = mkdtempSync(join(tmpdir(), "tslake-exploring-"));
const [landing, lake] = [join(scratch, "landing"), join(scratch, "lake")];
const environment = { TSLAKE_LANDING: landing, TSLAKE_LAKE: lake, TSLAKE_NOW: "2023-07-15T12:00:00Z" };
const kernels: Kernel[] = [];

const addSale =
  "await lake.write(gold.vendas, lake.read(gold.vendas).limit(1).extend(() => ({ venda_id: lit('another') })))";

/** A kernel that has imported the library and the tables. */
async function explorer(more: Record<string, string> = {}): Promise<Kernel> {
  const kernel = await startKernel(join(root, "notebooks", "bronze"), { ...environment, ...more });
  kernels.push(kernel);
  await kernel.execute('import { ingest, lake, lit } from "tslake";\nimport { bronze, gold } from "tslake/tables";');
  return kernel;
}

async function print(kernel: Kernel, expression: string): Promise<string> {
  const { outputs }: KernelCell = await kernel.execute(`console.log(String(${expression}))`);
  return outputs.map((output) => (output.output_type === "stream" ? output.text : JSON.stringify(output))).join("");
}

/** All files of the lake and its landing zone. */
function files(): string[] {
  return [landing, lake].flatMap((folder) =>
    existsSync(folder) ? readdirSync(folder, { recursive: true }).map((name) => join(folder, String(name))) : [],
  );
}

beforeAll(() => {
  cpSync(join(root, "samples", "landing", "vendas"), join(landing, "vendas"), { recursive: true });
  const env = { ...process.env, ...environment, TSLAKE_BUNDLE: undefined };
  const pipeline = spawnSync(process.execPath, ["bin/pipeline.js", "--select", "+gold.vendas"], { cwd: root, env });
  expect({ status: pipeline.status, text: String(pipeline.stderr) }).toMatchObject({ status: 0 });
  // Another file comes, which nobody has taken yet.
  const [name = ""] = readdirSync(join(root, "samples", "landing", "purchase"));
  cpSync(join(root, "samples", "landing", "purchase", name), join(landing, "purchase", name));
}, 180_000);
afterAll(async () => {
  await Promise.all(kernels.map((kernel) => kernel.close()));
  rmSync(scratch, { recursive: true, force: true });
});

describe("a notebook in Lab", { timeout: 180_000 }, () => {
  test("reads the lake, and what it writes nobody else sees", async () => {
    const before = files();
    const kernel = await explorer();
    expect(await print(kernel, "await lake.read(gold.vendas).count()")).toBe("626\n");
    expect(await print(kernel, `(${addSale}).version`)).toBe("1\n");
    expect(await print(kernel, "await lake.read(gold.vendas).count()")).toBe("627\n");
    expect(await print(kernel, "(await ingest(bronze.purchase)).totals.rows > 0")).toBe("true\n");
    expect(files()).toEqual(before);
    const other = await explorer();
    expect(await print(other, "await lake.read(gold.vendas).count()")).toBe("626\n");
    expect(await print(other, "(await ingest(bronze.purchase)).totals.rows > 0")).toBe("true\n");
    expect(files()).toEqual(before);
  });

  test("writes to the lake itself when it is told to", async () => {
    const kernel = await explorer({ TSLAKE_COMMIT: "1" });
    expect(await print(kernel, `(${addSale}).version`)).toBe("1\n");
    expect(await print(await explorer(), "await lake.read(gold.vendas).count()")).toBe("627\n");
  });
});
