import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { SALES_HEADER, salesOracle } from "./vendas.js";

const header = SALES_HEADER.join(",");
const ana = '2014-05-01 08:10:00,ana  maria,SILVA,ana@loja.com,11 9999,Mouse,"1.234,56",Site,App,Natal,,11%,';
const rui = "2013-12-31 23:59:59,rui,de  SOUZA,rui@x.org,,Teclado,2500,Loja,,,Bruno,,DESC1";

function file(name: string, ...lines: readonly string[]): { name: string; content: Uint8Array } {
  return { name, content: Buffer.from(`${[header, ...lines].join("\n")}\n`) };
}

/** One run over one file that holds Ana's sale with some columns replaced. */
async function withValues(
  values: Partial<Record<(typeof SALES_HEADER)[number], string>>,
): ReturnType<typeof salesOracle> {
  const base: Partial<Record<(typeof SALES_HEADER)[number], string>> = {
    "Timestamp do Registro": "2014-05-01 08:10:00",
    Nome: "Ana",
    Sobrenome: "Silva",
    Email: "ana@loja.com",
    "Valor da Compra": "10",
    ...values,
  };
  const row = SALES_HEADER.map((name) => `"${(base[name] ?? "").replaceAll('"', '""')}"`).join(",");
  return salesOracle([[file("registros.csv", row)]]);
}

describe("a sale through silver and gold", () => {
  test("has every column of both tables", async () => {
    const { silver, gold, runs } = await salesOracle([[file("registros_1.csv", ana)]]);
    expect(silver).toEqual([
      {
        file: "registros_1.csv",
        line: 2,
        record: 1,
        timestamp_do_registro: "2014-05-01 08:10:00",
        nome: "ana  maria",
        sobrenome: "SILVA",
        email: "ana@loja.com",
        telefone: "11 9999",
        produto_adquirido: "Mouse",
        valor_da_compra: "1234.56",
        canal: "Site",
        plataforma_de_interacao: "App",
        campanha_de_marketing: "Natal",
        vendedor: "NÃO INFORMADO",
        desconto_oferecido: "0.110000",
        codigo_de_desconto_usado: "NÃO DISPONÍVEL",
        ano: 2014,
      },
    ]);
    expect(gold).toEqual([
      {
        file: "registros_1.csv",
        line: 2,
        record: 1,
        timestamp_do_registro: "2014-05-01 08:10:00",
        turno_compra: "Manhã",
        nome_completo: "Ana Maria Silva",
        email: "ana@loja.com",
        dominio_email: "loja.com",
        telefone: "11 9999",
        produto_adquirido: "Mouse",
        valor_da_compra: "1234.56",
        desconto_oferecido: "0.110000",
        valor_com_desconto: "1098.76",
        canal: "Site",
        plataforma_de_interacao: "App",
        campanha_de_marketing: "Natal",
        vendedor: "NÃO INFORMADO",
        codigo_de_desconto_usado: "NÃO DISPONÍVEL",
        ano: 2014,
      },
    ]);
    expect(runs).toEqual([
      {
        read: 1,
        written: 1,
        duplicates: 0,
        brokenDuplicates: 0,
        quarantined: 0,
        taken: ["registros_1.csv"],
        resent: [],
        rejected: [],
        left: [],
      },
    ]);
  });

  test.each([
    ["00:00:00", "Madrugada"],
    ["05:59:59", "Madrugada"],
    ["06:00:00", "Manhã"],
    ["11:59:59", "Manhã"],
    ["12:00:00", "Tarde"],
    ["17:59:59", "Tarde"],
    ["18:00:00", "Noite"],
    ["23:59:59", "Noite"],
  ])("at %s is in the shift %s", async (time, shift) => {
    const { gold } = await withValues({ "Timestamp do Registro": `2014-05-01 ${time}` });
    expect(gold[0]?.turno_compra).toBe(shift);
  });

  test.each([
    ["são-josé", "D'ÁVILA", "São-josé D'ávila"],
    ["  ana   MARIA ", " de  SOUZA", "Ana Maria De Souza"],
    ["A\u0301LVARO", "", "A\u0301lvaro"],
    ["", "çelik", "Çelik"],
    ["", " ", ""],
  ])("of %j %j bears the name %j", async (nome, sobrenome, expected) => {
    const { gold } = await withValues({ Nome: nome, Sobrenome: sobrenome });
    expect(gold[0]?.nome_completo).toBe(expected);
  });

  test.each([
    ["0,10", "50%", "0.05"],
    ["0,05", "50%", "0.03"], // 0.025 lies in the middle: up
    ["0,01", "50%", "0.01"], // 0.005 too
    ["0,01", "50,0001%", "0.00"],
    ["10,00", "100%", "0.00"],
    ["9.999.999.999.999.999,99", "12,5%", "8749999999999999.99"],
  ])("of %s less %s costs %s", async (value, discount, expected) => {
    const { gold } = await withValues({ "Valor da Compra": value, "Desconto Oferecido": discount });
    expect(gold[0]?.valor_com_desconto).toBe(expected);
  });

  test.each([
    ["2500", "2500.00"],
    ["1.234,5", "1234.50"],
    ["1234,56", "1234.56"],
    ["1234.56", "1234.56"],
    ["12.5", "12.50"],
    ["1.234.567,89", "1234567.89"],
    ["0", "0.00"],
    [" 2500 ", "2500.00"],
  ])("may cost %j", async (text, expected) => {
    const { silver } = await withValues({ "Valor da Compra": text });
    expect(silver[0]?.valor_da_compra).toBe(expected);
  });
});

describe("the quarantine", () => {
  test.each([
    ["Valor da Compra", "1.234", "valor_da_compra"],
    ["Valor da Compra", "1.234.567", "valor_da_compra"],
    ["Valor da Compra", "12.34,56", "valor_da_compra"],
    ["Valor da Compra", "1,234.56", "valor_da_compra"],
    ["Valor da Compra", "1,234", "valor_da_compra"],
    ["Valor da Compra", "-1,00", "valor_da_compra"],
    ["Valor da Compra", "", "valor_da_compra"],
    ["Valor da Compra", "R$ 10", "valor_da_compra"],
    ["Valor da Compra", "10000000000000000", "valor_da_compra"],
    ["Desconto Oferecido", "100,01%", "desconto_oferecido"],
    ["Desconto Oferecido", "-1%", "desconto_oferecido"],
    ["Desconto Oferecido", "1,23456%", "desconto_oferecido"],
    ["Email", "ana", "email"],
    ["Email", "a@n@a", "email"],
    ["Email", "", "email"],
    ["Timestamp do Registro", "2014-02-29 08:00:00", "timestamp_do_registro"],
    ["Timestamp do Registro", "2014-02-28 24:00:00", "timestamp_do_registro"],
    ["Timestamp do Registro", "28/02/2014 08:00:00", "timestamp_do_registro"],
    ["Timestamp do Registro", "", "timestamp_do_registro"],
  ] as const)("takes %s %j", async (column, text, reason) => {
    const { quarantined, silver } = await withValues({ [column]: text });
    expect(silver).toEqual([]);
    expect(quarantined.map((row) => row.reasons.map((each) => each.column))).toEqual([[reason]]);
  });

  test("names every reason, and the first line of the row", async () => {
    const broken = 'ontem,"a\nb",,x,,,grátis,,,,,meio,';
    const { quarantined } = await salesOracle([[file("registros.csv", rui, broken, "a,b", `${rui},y`)]]);
    expect(quarantined.map(({ line, record, reasons }) => [line, record, reasons.map((each) => each.problem)])).toEqual(
      [
        [3, 2, ["not a timestamp", "not exactly one @", "not a number", "not a percentage"]],
        [5, 3, ["too few fields"]],
        [6, 4, ["too many fields"]],
      ],
    );
  });
});

describe("a row that comes again", () => {
  test("counts once, in its file, in other files and in later runs, good or broken", async () => {
    const { silver, quarantined, runs } = await salesOracle([
      [file("registros_b.csv", ana, rui), file("registros_a.csv", rui, rui, "oops")],
      [file("registros_0.csv", "oops", ana, ana.replace("ana@", "eva@"))],
    ]);
    expect(silver.map(({ file, line, email }) => [file, line, email])).toEqual([
      ["registros_a.csv", 2, "rui@x.org"],
      ["registros_b.csv", 2, "ana@loja.com"],
      ["registros_0.csv", 4, "eva@loja.com"],
    ]);
    expect(quarantined.map(({ file, line }) => [file, line])).toEqual([["registros_a.csv", 4]]);
    expect(runs).toMatchObject([
      { read: 5, written: 2, duplicates: 2, brokenDuplicates: 0, quarantined: 1 },
      { read: 3, written: 1, duplicates: 2, brokenDuplicates: 1, quarantined: 0 },
    ]);
  });

  test("is another row when one value is spelt another way, and the same one when its columns stand in another order", async () => {
    const reversed = [header, rui].map((line) => line.split(",").toReversed().join(",")).join("\n");
    const { silver, runs } = await salesOracle([
      [file("registros_1.csv", rui), { name: "registros_2.csv", content: Buffer.from(reversed) }],
      [file("registros_3.csv", rui.replace("2500", '"2500,00"'))],
    ]);
    expect(silver.map((sale) => [sale.file, sale.valor_da_compra])).toEqual([
      ["registros_1.csv", "2500.00"],
      ["registros_3.csv", "2500.00"],
    ]);
    expect(runs[0]?.duplicates).toBe(1);
  });
});

describe("a file", () => {
  test("adds nothing when its content was taken before, under any name", async () => {
    const { runs } = await salesOracle([[file("registros_1.csv", ana)], [file("registros_2.csv", ana)]]);
    expect(runs[1]).toMatchObject({ read: 0, duplicates: 0, resent: ["registros_2.csv"] });
  });

  test("may bear a byte order mark, CRLF, gzip and no final newline", async () => {
    const content = gzipSync(Buffer.from(`\uFEFF${header}\r\n${ana}\r\n${rui}`));
    const { gold } = await salesOracle([[{ name: "registros.csv.gz", content }]]);
    expect(gold.map((sale) => [sale.line, sale.codigo_de_desconto_usado])).toEqual([
      [2, "NÃO DISPONÍVEL"],
      [3, "DESC1"],
    ]);
  });

  test.each([
    ["empty", ""],
    ["without a column", "Nome,Email\na,b\n"],
    ["with a column twice", `${header},Nome\n`],
    ["with an open quote", `${header}\n${ana}\n"oops\n`],
    ["cut off in its last line", `${header}\n${ana}\n2014-05-01 08`],
  ])("%s is rejected", async (_, text) => {
    const { runs, silver } = await salesOracle([[{ name: "registros.csv", content: Buffer.from(text) }]]);
    expect(runs[0]?.rejected.map((each) => each.file)).toEqual(["registros.csv"]);
    expect(silver).toEqual([]);
  });

  test("in Latin-1 or with a broken gzip is rejected, one with a foreign name stays", async () => {
    const { runs } = await salesOracle([
      [
        { name: "registros_1.csv", content: Buffer.from(header, "latin1") },
        { name: "registros_2.csv.gz", content: Buffer.from(header) },
        file("vendas.csv", ana),
        file("_registros.csv", ana),
        file("registros.csv.part", ana),
      ],
    ]);
    expect(runs[0]).toMatchObject({
      rejected: [
        { file: "registros_1.csv", reason: "not UTF-8" },
        { file: "registros_2.csv.gz", reason: "broken gzip" },
      ],
      left: ["_registros.csv", "registros.csv.part", "vendas.csv"],
    });
  });
});
