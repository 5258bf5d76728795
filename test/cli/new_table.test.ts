import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type NewTableOptions, newTable } from "../../lib/cli/new/new_table.js";
import { describeError, isTslakeError } from "../../lib/errors.js";
import { parseNotebook } from "../../lib/notebook/validate.js";
import { openWorkspace } from "../../lib/workspace.js";
import { type Outcome, WorkspaceCopy } from "../support/copied_workspace.js";
import { parquetBytes } from "../support/formats.js";

const CLIENTES = `Nome,E-mail,Nascimento,Cliente desde,Telefone,Limite de Crédito,Desconto,Pontos,Ativo,constructor,toString
Ana Lima,ana@x.br,31/12/1990,2020-01-02 03:04:05,011999,"1.234,50","12,5%",10,true,Caixa,sim
Bia Sá,bia@x.br,01/02/1985,2021-01-02 03:04:05,021888,"500",,20,false,Obra,não
Ana Lima,ana@x.br,31/12/1990,2020-01-02 03:04:05,011999,"1.234,50","12,5%",10,true,Caixa,sim
Céu Luz,ceu@x.br,05/06/1977,2022-01-02 03:04:05,,"5,50",5%,30,true,,
`;

const ITENS = parquetBytes(
  [
    { name: "Código", kind: "text" },
    { name: "Preço", kind: "decimal" },
    { name: "Dia", kind: "date" },
  ],
  [
    ["007", "1.50", "2024-12-31"],
    ["008", null, "2025-01-01"],
  ],
);

let workspace: WorkspaceCopy;
beforeAll(() => {
  workspace = new WorkspaceCopy();
  const samples = { "clientes_1.csv": CLIENTES, "a_1.csv": "a\n", "semicolons.csv": "a;b\n", "twice.csv": "a,a\n" };
  const prices = '{"id":1,"preco":"1.00"}\n';
  for (const [name, text] of Object.entries({ ...samples, "empty.csv": "", "precos.ndjson": prices })) {
    writeFileSync(workspace.path(name), text);
  }
  writeFileSync(workspace.path("itens.parquet"), ITENS);
});
afterAll(() => workspace.remove());

const tslake = (...argv: string[]): Promise<Outcome> => workspace.run(["node", "bin/tslake.js", ...argv]);
const read = (file: string): string => readFileSync(workspace.path(file), "utf8");
const rows = async (table: string): Promise<readonly Record<string, unknown>[]> =>
  JSON.parse((await tslake("show", table, "--format", "json")).stdout);

describe("tslake new", () => {
  test("makes tables that run as they are, from a file to gold", { timeout: 240_000 }, async () => {
    const made = [
      await tslake("new", "bronze.clientes", "--landing", "clientes*.csv", "--sample", "clientes_1.csv"),
      await tslake("new", "silver.clientes", "--from", "bronze.clientes", "--sample", "clientes_1.csv"),
      await tslake("new", "gold.clientes", "--from", "silver.clientes"),
      await tslake("new", "gold.vendas_por_cliente", "--from", "silver.clientes", "gold.vendas"),
      await tslake("new", "bronze.itens", "--landing", "*.parquet", "--sample", "itens.parquet"),
      await tslake("new", "silver.itens", "--from", "bronze.itens", "--sample", "itens.parquet"),
      await tslake("new", "bronze.precos", "--sample", "precos.ndjson"),
      await tslake("new", "silver.precos", "--from", "bronze.precos", "--sample", "precos.ndjson", "--key", "id"),
      await tslake("new", "gold.precos", "--from", "silver.precos"),
    ];
    expect(made.map(({ stderr }) => stderr).join("")).toBe("");
    expect(made.filter(({ status }) => status !== 0)).toEqual([]);
    expect(read("lib/tables/silver/itens.ts")).toContain(`
    codigo: text().describe("Código"),
    preco: decimal(18, 2).describe("Preço"),
    dia: date().describe("Dia"),
`);
    expect(read("lib/tables/silver/clientes.ts")).toContain(`
    nome: text().describe("Nome"),
    e_mail: text().describe("E-mail"),
    nascimento: date({ format: "%d/%m/%Y" }).describe("Nascimento"),
    cliente_desde: timestamp().describe("Cliente desde"),
    telefone: text().describe("Telefone"),
    limite_de_credito: decimal(18, 2, { locale: "pt-BR" }).describe("Limite de Crédito"),
    desconto: fraction({ locale: "pt-BR" }).describe("Desconto"),
    pontos: long().describe("Pontos"),
    ativo: boolean().describe("Ativo"),
    constructor: text().describe("Constructor"),
    tostring: text().describe("ToString"),
`);
    for (const file of ["bronze/clientes", "silver/clientes", "gold/clientes", "gold/vendas_por_cliente"]) {
      const notebook = parseNotebook(read(`notebooks/${file}.ipynb`), file);
      expect(notebook.nbformat_minor).toBe(5);
      expect(notebook.cells.flatMap((cell) => (cell.cell_type === "code" ? cell.outputs : []))).toEqual([]);
    }

    const types = process.env["CI"] === undefined ? [] : [["node", "node_modules/typescript/bin/tsc", "--noEmit"]];
    for (const command of [["npx", "biome", "check", ...GENERATED], ...types]) {
      const checked = await workspace.run(command);
      expect(checked.status, checked.stdout + checked.stderr).toBe(0);
    }
    const tests = await workspace.run(["npx", "vitest", "run", "test/tables"]);
    expect(tests.status, tests.stdout).toBe(0);

    mkdirSync(workspace.path("data_lake/landing/clientes"), { recursive: true });
    writeFileSync(workspace.path("data_lake/landing/clientes/clientes_1.csv"), CLIENTES.replace("500", "quinhentos"));
    const run = await workspace.run(["npm", "run", "--silent", "pipeline", "--", "--select", "+gold.clientes"]);
    expect(run.status, run.stdout + run.stderr).toBe(0);
    const inOrder = [...(await rows("gold.clientes"))].sort((a, b) => (String(a["nome"]) < String(b["nome"]) ? -1 : 1));
    const [ana, ceu, ...others] = inOrder;
    expect(others).toEqual([]);
    expect(ana).toMatchObject({ nascimento: "1990-12-31", limite_de_credito: "1234.50", desconto: "0.125000" });
    expect([ana?.["constructor"], ana?.["tostring"]]).toEqual(["Caixa", "sim"]);
    expect(ceu).toMatchObject({ telefone: null, pontos: 30, ativo: true });
    expect((await tslake("quarantine", "silver.clientes")).stdout).toContain("quinhentos");
  });

  test("makes a table in which the last row of each key counts", { timeout: 240_000 }, async () => {
    const files = [
      '{"id":1,"preco":"1.00"}\n{"id":2,"preco":"2.00"}\n{"id":2,"preco":"2.50"}\n',
      '{"id":1,"preco":"1.50"}\n{"id":3,"preco":"3.00"}\n{"id":2,"preco":"dois"}\n',
      '{"id":1,"preco":"1.00"}\n',
    ];
    const pipeline = async (...flags: string[]) => {
      const select = ["--no-report", "--select", "+gold.precos"];
      const run = await workspace.run(["npm", "run", "--silent", "pipeline", "--", ...select, ...flags]);
      expect(run.status, run.stdout + run.stderr).toBe(0);
      return [await prices("silver.precos"), await prices("gold.precos")];
    };
    const prices = async (table: string) =>
      Object.fromEntries((await rows(table)).map(({ id, preco }) => [String(id), preco]));
    const land = (file: string, text: string) => {
      mkdirSync(workspace.path("data_lake/landing/precos"), { recursive: true });
      writeFileSync(workspace.path("data_lake/landing/precos", file), text);
    };
    const last = { 1: "1.00", 2: "2.50", 3: "3.00" };
    for (const [place, text] of files.entries()) {
      land(`p${place}.ndjson`, text);
      await pipeline();
    }
    expect(await pipeline()).toEqual([last, last]);
    expect(await pipeline("--full-refresh")).toEqual([last, last]);
    rmSync(workspace.path("data_lake/lake"), { recursive: true });
    for (const [place, text] of files.entries()) land(`p${place}.ndjson`, text);
    expect(await pipeline()).toEqual([last, last]);
  });

  test("takes its columns from a Parquet file that has landed", async () => {
    mkdirSync(workspace.path("data_lake/landing/pecas"), { recursive: true });
    writeFileSync(workspace.path("data_lake/landing/pecas/pecas.parquet"), ITENS);
    await newTable(openWorkspace({ cwd: workspace.root }), "bronze.pecas", { landing: ["*.parquet"] });
    expect(read("lib/tables/bronze/pecas.ts")).toContain('preco: text().header("Preço").describe("Preço")');
  });

  test.each<[string, NewTableOptions, string]>([
    ["gold.gvm", { from: ["silver.purchase"] }, "lib/tables/gold/gvm.ts is there already"],
    ["clientes", {}, "not a name for a new table: clientes"],
    ["ops.x", { from: ["silver.vendas"] }, "not a name for a new table: ops.x"],
    ["silver.Clientes", { from: ["bronze.vendas"] }, "not a name for a new table: silver.Clientes"],
    ["silver.class", { from: ["bronze.vendas"] }, "class has a meaning of its own"],
    ["silver.x", {}, "npx tslake new silver.x --from bronze.x"],
    ["silver.x", { from: ["bronze.nada"] }, "npx tslake new bronze.nada --sample FILE"],
    ["silver.x", { from: ["bronze.vendas", "bronze.purchase"] }, "silver.x cannot be made from"],
    ["silver.x", { from: ["gold.vendas"] }, "silver reads no gold.vendas"],
    ["gold.x", { from: ["bronze.vendas"] }, "npx tslake new silver.vendas --from bronze.vendas"],
    ["gold.x", { from: ["silver.vendas"], landing: ["*.csv"] }, "gold.x takes no files"],
    ["bronze.x", { from: ["bronze.vendas"] }, "bronze.x is fed by files"],
    ["bronze.x", {}, "takes its columns from a file, and there is none"],
    ["bronze.x", { sample: "nada.csv" }, "the sample file cannot be read"],
    ["bronze.x", { sample: "a_1.csv", landing: ["y*.csv"] }, "the sample is no file that the table takes"],
    ["bronze.x", { sample: "a_1.csv", landing: ["*.xlsx"] }, "not the names of files"],
    ["bronze.x", { sample: "semicolons.csv" }, "the fields are not separated by commas"],
    ["bronze.x", { sample: "twice.csv" }, "more than once"],
    ["bronze.x", { sample: "empty.csv" }, "no header"],
    ["bronze.x", { sample: "nada.parquet" }, "the sample file cannot be read"],
    ["bronze.x", { sample: "a_1.csv", key: ["a"] }, "a key is given to a table that is typed from bronze"],
    ["gold.x", { from: ["silver.vendas"], key: ["venda_id"] }, "a key is given to a table that is typed from bronze"],
    ["silver.x", { from: ["bronze.vendas"], key: ["nada"] }, "bronze.vendas has no column nada"],
  ])("refuses %s %j, and writes nothing", async (name, options, message) => {
    const given = options.sample === undefined ? options : { ...options, sample: workspace.path(options.sample) };
    const before = treeOf("lib/tables");
    const error = await newTable(openWorkspace({ cwd: workspace.root }), name, given).catch(
      (thrown: unknown) => thrown,
    );
    expect(isTslakeError(error)).toBe(true);
    expect(describeError(error)).toContain(message);
    expect(treeOf("lib/tables")).toEqual(before);
    expect(existsSync(workspace.path("notebooks", `${name.replace(".", "/")}.ipynb`))).toBe(name === "gold.gvm");
  });

  test("looks a source up by its key, but not in a history", async () => {
    const open = () => openWorkspace({ cwd: workspace.root });
    await newTable(open(), "gold.vendas_com_nomes", { from: ["gold.vendas", "silver.vendas"] });
    expect(read("notebooks/gold/vendas_com_nomes.ipynb")).toContain("leftJoin(lake.read(silver.vendas)");
    expect(read("lib/tables/gold/vendas_com_nomes.ts")).toContain("sobrenome: text()");
    await newTable(open(), "gold.compras_e_itens", { from: ["silver.purchase", "silver.product_item"] });
    expect(read("notebooks/gold/compras_e_itens.ipynb")).not.toContain("leftJoin");
    expect(read("lib/tables/gold/compras_e_itens.ts")).not.toContain("item_quantity");
  });

  test("writes all or nothing", async () => {
    const before = treeOf("lib/tables");
    rmSync(workspace.path("test/tables"), { recursive: true, force: true });
    writeFileSync(workspace.path("test/tables"), "a file where a folder should be");
    const making = newTable(openWorkspace({ cwd: workspace.root }), "gold.inteiro", { from: ["silver.vendas"] });
    await expect(making).rejects.toThrow("nothing was changed");
    expect(treeOf("lib/tables")).toEqual(before);
    expect(existsSync(workspace.path("notebooks/gold/inteiro.ipynb"))).toBe(false);
  });
});

const GENERATED = ["lib/tables", "test/tables"];

/** Every file of a folder with its content. */
function treeOf(folder: string): readonly (readonly [string, string])[] {
  return readdirSync(workspace.path(folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => [entry.name, readFileSync(join(entry.parentPath, entry.name), "utf8")]);
}
