import { describe, expect, test } from "vitest";
import { type Chart, chartsIn } from "../../lib/chart/chart.js";
import type { DomElement } from "../../lib/chart/dom.js";
import { PLOTLY_TYPE } from "../../lib/chart/figure.js";
import { DISPLAY } from "../../lib/display.js";
import { type Cell, values } from "../engine/support.js";
import { parseXml, select } from "../support/dom.js";

const chart = chartsIn(() => "pt-BR");
const TYPES = {
  dia: "date",
  quando: "timestamp_ntz",
  instante: "timestamp",
  canal: "string",
  pago: "boolean",
  itens: "integer",
  valor: "decimal(38,2)",
  taxa: "double",
} as const;

type Row = readonly [
  dia: Cell,
  quando: Cell,
  instante: Cell,
  canal: Cell,
  pago: Cell,
  itens: Cell,
  valor: Cell,
  taxa: Cell,
];

const rowOf = (i: number, canal: string): Row => {
  const day = new Date(Date.UTC(2023, 0, 1 + (i % 40))).toISOString().slice(0, 10);
  const time = `${day} ${String(i % 24).padStart(2, "0")}:30:00`;
  return [
    day,
    time,
    `${time.replace(" ", "T")}Z`,
    canal,
    i % 2 === 0,
    String(i % 5),
    `${i % 9}.5${i % 10}`,
    `${i / 7}`,
  ];
};
const usual = Array.from({ length: 120 }, (_, i) => rowOf(i, ["loja", "site"][i % 2] ?? ""));
const NOTHING: Row = [null, null, null, null, null, null, null, null];
const DATA: Readonly<Record<string, readonly Row[]>> = {
  "many rows": usual,
  "no row": [],
  "one row": usual.slice(0, 1),
  "nulls among the rows": usual.map(
    (row, i) => row.map((cell, j) => ((i + j) % 3 === 0 ? null : cell)) as unknown as Row,
  ),
  "nothing but nulls": [NOTHING, NOTHING],
  "negative values": usual.map(([a, b, c, d, e, , , h], i) => [a, b, c, d, e, `-${i}`, `-${i}.25`, `-${h}`]),
  "numbers of 38 digits": [
    ["2023-01-01", null, null, "a", true, "1", "999999999999999999999999999999999999.99", "1e300"],
    ["2023-01-02", null, null, "a", true, "1", "-999999999999999999999999999999999999.98", "-1e300"],
    ["2023-01-03", null, null, "a", true, "1", "0.01", "NaN"],
    ["2023-01-04", null, null, "a", true, "1", "0.00", "Infinity"],
  ],
};

const chartsOf = (rows: readonly Row[]): Readonly<Record<string, Chart>> => {
  const relation = values(TYPES, rows);
  return {
    line: chart.line(relation, { x: "dia", y: "valor", title: "Linha" }),
    "line of instants": chart.line(relation, { x: "instante", y: "taxa", color: "canal", aggregate: "avg" }),
    bar: chart.bar(relation, { x: "canal", y: "valor", aggregate: "max" }),
    "bar of truth values": chart.bar(relation, { x: "pago" }),
    area: chart.area(relation, { x: "quando", y: "itens", color: "pago" }),
    histogram: chart.histogram(relation, { x: "valor", color: "canal" }),
    "histogram of doubles": chart.histogram(relation, { x: "taxa" }),
    "histogram of times": chart.histogram(relation, { x: "quando" }),
    heatmap: chart.heatmap(relation, { x: "dia", y: "canal", value: "taxa" }),
    scatter: chart.scatter(relation, { x: "itens", y: "valor", color: "dia" }),
    treemap: chart.treemap(relation, { path: ["canal", "itens"], value: "valor" }),
  };
};

/** A drawing's elements, after it has been found to be a document that runs and loads nothing. */
function elementsOf(svg: string): DomElement {
  const document = parseXml(svg);
  expect(select(document, "parsererror, script, foreignObject, image, a, iframe")).toHaveLength(0);
  const attributes = [...document.querySelectorAll("*")].flatMap((element) => [...element.attributes]);
  expect(attributes.filter(({ name }) => /^on|href/.test(name))).toEqual([]);
  expect(attributes.filter(({ value }) => /NaN|Infinity|undefined|url\((?!["']?#)/.test(value))).toEqual([]);
  expect(svg.length).toBeLessThan(100_000);
  return document;
}

describe.each(Object.entries(DATA))("of %s", (_, rows) => {
  test.each(Object.keys(chartsOf([])))("a %s is drawn", async (kind) => {
    const svg = await chartsOf(rows)[kind]?.svg();
    elementsOf(svg ?? "");
    if (rows === usual) expect(await chartsOf(rows)[kind]?.svg()).toBe(svg);
  });
});

const HOSTILE = [
  `<script>alert("1")</script>`,
  `<a href="javascript:alert(1)">x</a>`,
  `"'><img src=x onerror=alert(1)>`,
  "<b>bold</b> &lt;i&gt;",
  "$\\alpha$",
  "a\u202Eb",
  "%{x}<br>",
];

test.each(HOSTILE)("a chart shows %j as text wherever it stands", async (text) => {
  const relation = values({ [text]: "string", n: "integer" }, [
    [text, "1"],
    ["other", "2"],
  ]);
  const shown = text.replace("\u202E", "\uFFFD");
  for (const made of [
    chart.bar(relation, { x: text, y: "n", color: text, title: text }),
    chart.treemap(relation, { path: [text], value: "n", title: text }),
    chart.heatmap(relation, { x: text, y: text, title: text }),
  ]) {
    const element = elementsOf(await made.svg());
    expect(select(element, "title")[0]?.textContent).toBe(shown);
    const texts = [...element.querySelectorAll("text")].map((node) => node.textContent ?? "");
    const isShown = (drawn: string): boolean =>
      drawn.startsWith(shown) || (drawn.endsWith("…") && shown.startsWith(drawn.slice(0, -1)));
    expect(texts.filter(isShown).length).toBeGreaterThan(1);
    expect(select(element, "tspan[style]")).toHaveLength(0);
  }
});

interface Bars {
  readonly x: readonly (string | number)[];
  readonly y: readonly number[];
  readonly name: string;
  readonly customdata: readonly string[];
}

async function barsOf(made: Chart): Promise<readonly Bars[]> {
  return (await made.figure()).data as unknown as readonly Bars[];
}
async function subtitleOf(made: Chart): Promise<string> {
  const { title } = (await made.figure()).layout as { title: { subtitle: { text: string } } };
  return title.subtitle.text;
}

describe("what a chart draws", () => {
  test("is what putting the rows together one by one gives, exactly", async () => {
    const sums = new Map<string, bigint>();
    for (const row of usual) {
      const key = `${row[3]} ${row[0]}`;
      sums.set(key, (sums.get(key) ?? 0n) + BigInt(String(row[6]).replace(".", "")));
    }
    const series = await barsOf(chart.line(values(TYPES, usual), { x: "dia", y: "valor", color: "canal" }));
    const drawn = series.flatMap(({ name, x, customdata }) =>
      x.map((day, i): [string, bigint] => [`${name} ${day}`, BigInt((customdata[i] ?? "").replace(/\D/g, ""))]),
    );
    expect(new Map(drawn)).toEqual(sums);
  });

  test("keeps decimals and longs exact beside the drawn number", async () => {
    const relation = values({ k: "string", v: "decimal(38,2)", n: "long" }, [
      ["a", "123456789012345678901234567890.12", "9007199254740993"],
    ]);
    expect((await barsOf(chart.bar(relation, { x: "k", y: "v" })))[0]?.customdata).toEqual([
      "123.456.789.012.345.678.901.234.567.890,12",
    ]);
    expect((await barsOf(chart.bar(relation, { x: "k", y: "n", locale: "en" })))[0]?.customdata).toEqual([
      "9,007,199,254,740,993",
    ]);
  });

  test("counts what fell into each bin, and tells of nulls", async () => {
    const numbers = [...Array.from({ length: 1000 }, (_, i) => `${(i * i) % 977}`), null];
    const made = chart.histogram(
      values(
        { n: "integer" },
        numbers.map((n) => [n]),
      ),
      { x: "n" },
    );
    const [bars] = await barsOf(made);
    const expected = new Map<number, number>();
    for (const n of numbers)
      if (n !== null) expected.set(Math.floor(Number(n) / 50), (expected.get(Math.floor(Number(n) / 50)) ?? 0) + 1);
    expect(new Map(bars?.x.map((x, i) => [Math.floor(Number(x) / 50), bars.y[i]]))).toEqual(expected);
    expect(await subtitleOf(made)).toBe("1.001 linhas por n (em passos de 50) · 1 sem n");
  });

  test("puts rare colours and names together, and says so", async () => {
    const rows = Array.from({ length: 400 }, (_, i) => [`c${i % 40}`, i < 40 ? "1" : "2"]);
    const relation = values({ c: "string", n: "integer" }, rows);
    const colours = await barsOf(chart.bar(relation, { x: "n", color: "c" }));
    expect(colours.map(({ name }) => name)).toEqual(["c0", "c1", "c10", "c11", "c12", "c13", "c14", "outros"]);
    const made = chart.bar(relation, { x: "c", y: "n", locale: "en" });
    expect(await subtitleOf(made)).toBe("sum of n by c (24 + others) · 400 rows");
    const [bars] = await barsOf(made);
    const sum = (list: readonly unknown[] = []): number => list.map(Number).reduce((a, b) => a + b, 0);
    const drawn = (bars as unknown as { x: readonly number[] }).x;
    expect(sum(drawn)).toBe(sum(rows.map(([, n]) => n)));
  });

  test("says nothing where each row is drawn as it is", async () => {
    const relation = values({ d: "date", n: "integer" }, [
      ["2023-01-01", "1"],
      ["2023-01-02", "2"],
    ]);
    expect(await subtitleOf(chart.line(relation, { x: "d", y: "n" }))).toBe("");
  });

  test("is also told in characters", async () => {
    const relation = values({ c: "string", n: "decimal(9,2)" }, [
      ["a", "1000.00"],
      ["b", "500.50"],
      ["a", "1.00"],
    ]);
    const bundle = await chart.bar(relation, { x: "c", y: "n", title: "Soma" })[DISPLAY]();
    expect(Object.keys(bundle)).toEqual([PLOTLY_TYPE, "text/plain"]);
    expect(bundle["text/plain"]).toBe(
      ["Soma", "(soma de n por c · 3 linhas)", `a  1.001,00  ${"█".repeat(24)}`, `b    500,50  ${"█".repeat(12)}`].join(
        "\n",
      ),
    );
  });
});

test("any figure of plotly.js is drawn in the library's colours where it names none", async () => {
  const made = chart.figure({
    data: [{ type: "pie", labels: ["a", "b"], values: [1, 2] }],
    layout: { title: { text: "Pizza" }, width: 300, height: 200 },
  });
  const element = elementsOf(await made.svg());
  expect(element.getAttribute("width")).toBe("300");
  expect(element.innerHTML).toContain("#0072b2");
  const wrong = chart.figure({ data: [], layout: { title: "Wrong", xaxis: 7 } });
  await expect(wrong.svg()).rejects.toThrow("plotly.js cannot draw the figure Wrong");
});

test("follows the reader's scheme by classes whose colours stand beside them", async () => {
  const svg = await chart.bar(values({ c: "string" }, [["a"]]), { x: "c", title: "T" }).svg();
  expect(svg).toContain("prefers-color-scheme:dark");
  expect(svg).toContain('class="tslake-paper-fill"');
  expect(svg).toMatch(/fill="#1f2328"/);
});

test("what can be no chart says what it needs", async () => {
  const relation = values({ c: "string", b: "binary", n: "integer" }, []);
  await expect(chart.bar(relation, { x: "b" as "c" }).figure()).rejects.toThrow("b cannot be drawn along an axis");
  await expect(chart.bar(relation, { x: "c", y: "c" as "n" }).figure()).rejects.toThrow("c holds no numbers");
  await expect(chart.bar(relation, { x: "missing" as "c" }).figure()).rejects.toThrow("no column missing");
});

/** Not run: what the compiler refuses. */
export function misuse(): void {
  const relation = values(TYPES, []);
  // @ts-expect-error A misspelt column.
  chart.line(relation, { x: "dias", y: "valor" });
  // @ts-expect-error Text is no measure.
  chart.line(relation, { x: "dia", y: "canal" });
  // @ts-expect-error Doubles make no groups.
  chart.line(relation, { x: "dia", y: "valor", color: "taxa" });
  // @ts-expect-error Text has no bins.
  chart.histogram(relation, { x: "canal" });
  // @ts-expect-error A tree needs a level.
  chart.treemap(relation, { path: [] });
  // @ts-expect-error No such way to put values together.
  chart.bar(relation, { x: "canal", y: "valor", aggregate: "median" });
  // @ts-expect-error A chart of lines has an x.
  chart.line(relation, { y: "valor" });
}

describe("an axis", () => {
  const axisOf = async (made: Chart): Promise<Readonly<Record<string, unknown>>> =>
    ((await made.figure()).layout?.["xaxis"] ?? {}) as Readonly<Record<string, unknown>>;

  test("of years shows them as years, each of few", async () => {
    const relation = values({ ano: "integer" }, [["2012"], ["2014"]]);
    expect(await axisOf(chart.bar(relation, { x: "ano" }))).toMatchObject({ tickformat: "~f", dtick: 1 });
    expect(await chart.bar(relation, { x: "ano" }).svg()).toMatch(/>2012<[\s\S]*>2013<[\s\S]*>2014</);
  });

  test.each(["line", "area", "bar"] as const)("of one day shows it, in a %s chart", async (kind) => {
    const relation = values({ dia: "date", n: "integer" }, [["2024-02-29", "1"]]);
    const svg = await chart[kind](relation, { x: "dia", y: "n" }).svg();
    expect(svg).toContain(">29/02/2024<");
    expect(svg).not.toMatch(/>\d\d:\d\d:\d\d</);
  });

  test("of one moment shows it", async () => {
    const relation = values({ t: "timestamp_ntz", n: "integer" }, [["2024-02-29 10:00:00", "1"]]);
    expect(await chart.line(relation, { x: "t", y: "n" }).svg()).toContain(">29/02/2024 10:00<");
  });
});

test.each(["scatter", "heatmap"] as const)("a %s tells of rows without a place", async (kind) => {
  const relation = values({ dia: "date", n: "integer" }, [
    ["2024-02-29", "1"],
    [null, "2"],
    ["2024-03-01", null],
  ]);
  expect(await subtitleOf(chart[kind](relation, { x: "dia", y: "n" }))).toContain("2 sem dia ou n");
});
