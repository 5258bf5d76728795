import { describe, expect, test } from "vitest";
import { DataError, RelationError } from "../../lib/errors.js";
import type { Column } from "../../lib/relation/column.js";
import type { TextColumn } from "../../lib/relation/text_column.js";
import { coalesce, concat, concatWith, listOf, lit, when } from "../../lib/relation/when.js";
import { engine, evaluate, evaluatePairs, values } from "./support.js";

describe("comparison", () => {
  test("doubles: NaN equals NaN and is above all, -0.0 equals 0.0", async () => {
    const pairs = [
      ["NaN", "NaN"],
      ["-0.0", "0.0"],
      ["Infinity", "NaN"],
      ["1", null],
    ] as const;
    expect(await evaluatePairs(["double", "double"], pairs, (a, b) => a.eq(b))).toEqual([true, true, false, null]);
    expect(await evaluatePairs(["double", "double"], pairs, (a, b) => a.lt(b))).toEqual([false, false, true, null]);
    expect(await evaluatePairs(["double", "double"], pairs, (a, b) => a.ge(b))).toEqual([true, true, false, null]);
    expect(await evaluatePairs(["double", "double"], pairs, (a, b) => a.ne(b))).toEqual([false, false, true, null]);
  });
  test("text by UTF-8 bytes", async () => {
    const pairs = [
      ["Z", "a"],
      ["z", "á"],
      ["\uffff", "\u{10000}"],
      ["", "a"],
    ] as const;
    expect(await evaluatePairs(["string", "string"], pairs, (a, b) => a.lt(b))).toEqual([true, true, true, true]);
  });
  test("numbers of different types", async () => {
    expect(
      await evaluatePairs(
        ["integer", "long"],
        [
          ["1", "1"],
          ["1", "9007199254740993"],
        ],
        (a, b) => a.cast("long").eq(b),
      ),
    ).toEqual([true, false]);
    expect(
      await evaluatePairs(
        ["decimal(5,2)", "decimal(20,4)"],
        [
          ["1.50", "1.5000"],
          ["1.50", "1.5001"],
          ["-1.50", "1.5001"],
        ],
        (a, b) => a.lt(b),
      ),
    ).toEqual([false, true, true]);
    expect(await evaluate("decimal(18,2)", ["10.00", "9.99", null], (x) => x.ge(10))).toEqual([true, false, null]);
    expect(await evaluate("long", ["9007199254740993", "9007199254740992"], (x) => x.eq(9007199254740993n))).toEqual([
      true,
      false,
    ]);
  });
  test("equality with null", async () => {
    const pairs = [
      ["a", "a"],
      ["a", null],
      [null, null],
    ] as const;
    expect(await evaluatePairs(["string", "string"], pairs, (a, b) => a.eq(b))).toEqual([true, null, null]);
    expect(await evaluatePairs(["string", "string"], pairs, (a, b) => a.eqNullSafe(b))).toEqual([true, false, true]);
  });
  test("isIn is null only for null", async () => {
    expect(await evaluate("string", ["a", "b", "c", null], (x) => x.isIn("a", "c"))).toEqual([true, false, true, null]);
    expect(await evaluate("string", ["a", null], (x) => x.isIn("a"))).toEqual([true, null]);
    expect(await evaluate("string", ["a", null], (x) => x.isIn())).toEqual([false, null]);
    expect(await evaluate("decimal(18,2)", ["1.50", "2.00"], (x) => x.isIn("1.5", "3"))).toEqual([true, false]);
    expect(await evaluate("date", ["2024-02-29"], (x) => x.isIn("2024-02-29"))).toEqual([true]);
  });
  test("between holds both bounds", async () => {
    expect(await evaluate("integer", ["0", "1", "2", "3", null], (x) => x.between(1, 2))).toEqual([
      false,
      true,
      true,
      false,
      null,
    ]);
  });
});

describe("three-valued logic", () => {
  const [T, F, N] = [true, false, null];
  const pairs = [
    [T, T],
    [T, F],
    [T, N],
    [F, T],
    [F, F],
    [F, N],
    [N, T],
    [N, F],
    [N, N],
  ] as const;
  test("and", async () => {
    expect(await evaluatePairs(["boolean", "boolean"], pairs, (a, b) => a.and(b))).toEqual([T, F, N, F, F, F, N, F, N]);
  });
  test("or", async () => {
    expect(await evaluatePairs(["boolean", "boolean"], pairs, (a, b) => a.or(b))).toEqual([T, T, T, T, F, N, T, N, N]);
  });
  test("not, isNull, isNotNull", async () => {
    expect(await evaluate("boolean", [T, F, N], (x) => x.not())).toEqual([F, T, N]);
    expect(await evaluate("boolean", [T, F, N], (x) => x.isNull())).toEqual([F, F, T]);
    expect(await evaluate("boolean", [T, F, N], (x) => x.isNotNull())).toEqual([T, T, F]);
  });
  test("when takes the first true condition; null is not true", async () => {
    const relation = values({ a: "boolean", b: "boolean" }, [
      [T, T],
      [N, T],
      [F, N],
    ]);
    const result = relation.select((t) => ({ y: when(t.a, "first").when(t.b, "second").otherwise(null) }));
    expect(await engine.collect(result.node)).toEqual([{ y: "first" }, { y: "second" }, { y: null }]);
  });
  test("coalesce, orElse and nullIf", async () => {
    expect(
      await evaluatePairs(
        ["integer", "integer"],
        [
          ["1", "2"],
          [null, "2"],
          [null, null],
        ],
        (a, b) => coalesce(a, b),
      ),
    ).toEqual([1, 2, null]);
    expect(await evaluate("string", ["a", null], (x) => x.orElse("?"))).toEqual(["a", "?"]);
    expect(await evaluate("string", ["a", "", null], (x) => x.nullIf(""))).toEqual(["a", null, null]);
    expect(await evaluate("decimal(5,2)", ["1.50", null], (x) => x.orElse("0.125"))).toEqual(["1.500", "0.125"]);
  });
});

describe("arithmetic", () => {
  test("integers", async () => {
    expect(
      await evaluatePairs(
        ["integer", "long"],
        [
          ["1", "9007199254740992"],
          ["-5", "5"],
          [null, "1"],
        ],
        (a, b) => a.plus(b),
      ),
    ).toEqual([9007199254740993n, 0n, null]);
    expect(
      await evaluatePairs(
        ["integer", "integer"],
        [
          ["7", "2"],
          ["-7", "2"],
        ],
        (a, b) => a.times(b),
      ),
    ).toEqual([14, -14]);
    expect(await evaluate("integer", ["5"], (x) => x.minus(7))).toEqual([-2]);
  });
  test("overflow is an error", async () => {
    await expect(evaluate("integer", ["2147483647"], (x) => x.plus(1))).rejects.toThrow();
    await expect(evaluate("long", ["9223372036854775807"], (x) => x.plus(1n))).rejects.toThrow();
    await expect(evaluate("long", ["9223372036854775807"], (x) => x.times(2n))).rejects.toThrow();
    await expect(evaluate("long", ["-9223372036854775808"], (x) => x.negate())).rejects.toThrow();
    await expect(evaluate("integer", ["-2147483648"], (x) => x.abs())).rejects.toThrow();
    expect(await evaluate("long", ["-9223372036854775808"], (x) => x.minus(-1n))).toEqual([-9223372036854775807n]);
  });
  test("decimals are exact and grow as in Spark", async () => {
    expect(
      await evaluatePairs(
        ["decimal(18,2)", "decimal(5,3)"],
        [
          ["1.50", "0.005"],
          ["-0.01", null],
        ],
        (a, b) => a.plus(b),
      ),
    ).toEqual(["1.505", null]);
    expect(
      await evaluatePairs(
        ["decimal(18,2)", "decimal(18,2)"],
        [["9999999999999999.99", "9999999999999999.99"]],
        (a, b) => a.plus(b),
      ),
    ).toEqual(["19999999999999999.98"]);
    expect(
      await evaluatePairs(
        ["decimal(18,2)", "decimal(9,6)"],
        [
          ["1234.56", "0.123456"],
          ["-0.01", "0.000001"],
        ],
        (a, b) => a.times(b),
      ),
    ).toEqual(["152.41383936", "-0.00000001"]);
    expect(
      await evaluate("decimal(18,2)", ["10.00"], (x) => x.times(lit(1).minus(lit("0.11", "decimal(9,6)")))),
    ).toEqual(["8.90000000"]);
    const wide = "decimal(38,0)";
    await expect(evaluate(wide, ["99999999999999999999999999999999999999"], (x) => x.plus(1))).rejects.toThrow();
  });
  test("rounding is half away from zero, for every tie and sign", async () => {
    const ties = [
      "2.345",
      "-2.345",
      "2.355",
      "-2.355",
      "0.005",
      "-0.005",
      "2.344",
      "-2.344",
      "2.346",
      "-2.346",
      "0.000",
      "-0.004",
      null,
    ];
    const rounded = [
      "2.35",
      "-2.35",
      "2.36",
      "-2.36",
      "0.01",
      "-0.01",
      "2.34",
      "-2.34",
      "2.35",
      "-2.35",
      "0.00",
      "0.00",
      null,
    ];
    expect(await evaluate("decimal(18,3)", ties, (x) => x.round(2))).toEqual(rounded);
    expect(await evaluate("decimal(18,3)", ["0.500", "1.500", "2.500", "-0.500", "9.499"], (x) => x.round(0))).toEqual([
      "1",
      "2",
      "3",
      "-1",
      "9",
    ]);
    expect(
      await evaluate("decimal(38,10)", ["9999999999999999999999999999.9999999999", "0.0000000005"], (x) => x.round(9)),
    ).toEqual(["10000000000000000000000000000.000000000", "0.000000001"]);
    expect(await evaluate("decimal(18,2)", ["1.25"], (x) => x.round(4))).toEqual(["1.25"]);
    expect(await evaluate("double", ["2.5", "-2.5", "0.5", "NaN", null], (x) => x.round(0))).toEqual([
      3,
      -3,
      1,
      Number.NaN,
      null,
    ]);
  });
  test("division", async () => {
    expect(
      await evaluatePairs(
        ["integer", "integer"],
        [
          ["1", "3"],
          ["-1", "8"],
          ["1", "0"],
        ],
        (a, b) => a.dividedBy(b),
      ),
    ).toEqual(["0.33333333333", "-0.12500000000", null]);
    expect(
      await evaluatePairs(
        ["decimal(18,2)", "decimal(18,2)"],
        [
          ["1.00", "3.00"],
          ["2.00", "-3.00"],
          ["1.00", "0.00"],
          ["1.00", null],
        ],
        (a, b) => a.dividedBy(b),
      ),
    ).toEqual(["0.33333333333333333333", "-0.66666666666666666667", null, null]);
    expect(
      await evaluatePairs(
        ["decimal(38,6)", "decimal(4,0)"],
        [
          ["0.000001", "2"],
          ["-0.000001", "2"],
          ["0.000003", "2"],
          ["-0.000003", "2"],
        ],
        (a, b) => a.dividedBy(b),
      ),
    ).toEqual(["0.000001", "-0.000001", "0.000002", "-0.000002"]);
    expect(
      await evaluatePairs(
        ["double", "double"],
        [
          ["1", "4"],
          ["1", "0"],
        ],
        (a, b) => a.dividedBy(b),
      ),
    ).toEqual([0.25, null]);
  });
  test("remainder has the dividend's sign", async () => {
    const pairs = [
      ["7", "3"],
      ["-7", "3"],
      ["7", "-3"],
      ["-7", "-3"],
      ["1", "0"],
      [null, "1"],
    ] as const;
    expect(await evaluatePairs(["integer", "integer"], pairs, (a, b) => a.modulo(b))).toEqual([
      1,
      -1,
      1,
      -1,
      null,
      null,
    ]);
    expect(
      await evaluatePairs(
        ["long", "long"],
        [
          ["-9223372036854775808", "-1"],
          ["-9223372036854775808", "3"],
        ],
        (a, b) => a.modulo(b),
      ),
    ).toEqual([0n, -2n]);
    expect(
      await evaluatePairs(
        ["decimal(5,2)", "decimal(5,1)"],
        [
          ["-7.25", "2.5"],
          ["7.25", "0.0"],
        ],
        (a, b) => a.modulo(b),
      ),
    ).toEqual(["-2.25", null]);
    expect(
      await evaluatePairs(
        ["double", "double"],
        [
          ["-7.5", "2"],
          ["1", "0"],
        ],
        (a, b) => a.modulo(b),
      ),
    ).toEqual([-1.5, null]);
  });
  test("minus and absolute value", async () => {
    expect(await evaluate("decimal(18,2)", ["-1.50", "0.00", null], (x) => x.negate())).toEqual(["1.50", "0.00", null]);
    expect((await evaluate("double", ["0"], (x) => x.negate())).map((x) => Object.is(x, -0))).toEqual([true]);
    expect(await evaluate("decimal(18,2)", ["-1.50", "1.50"], (x) => x.abs())).toEqual(["1.50", "1.50"]);
    expect(await evaluate("double", ["-1.5", "NaN"], (x) => x.abs())).toEqual([1.5, Number.NaN]);
  });
});

describe("text", () => {
  test("length counts code points", async () => {
    expect(await evaluate("string", ["", "é", "e\u0301", "😀", null], (x) => x.length())).toEqual([0, 1, 2, 1, null]);
  });
  test("trim takes Unicode white space at both ends", async () => {
    expect(await evaluate("string", [" \t\u00a0\u3000a b\u2003\n", "a", null], (x) => x.trim())).toEqual([
      "a b",
      "a",
      null,
    ]);
  });
  test("upper and lower", async () => {
    expect(await evaluate("string", ["são ß", null], (x) => x.upper())).toEqual(["SÃO SS", null]);
    expect(await evaluate("string", ["D'ÁVILA", null], (x) => x.lower())).toEqual(["d'ávila", null]);
  });
  test("title case", async () => {
    const names = [
      "são-josé D'ÁVILA",
      "  ANA   maria ",
      "JOÃO",
      "o'neill 2nd",
      "é",
      "",
      " ",
      "x\u00a0y z",
      "ÁÉ ÍÓ",
      "a_b c",
      "1a 2B",
      "İSTANBUL aª日b",
      null,
    ];
    const titled = [
      "São-josé D'ávila",
      "Ana Maria",
      "João",
      "O'neill 2nd",
      "É",
      "",
      "",
      "X\u00a0y Z",
      "Áé Íó",
      "A_b C",
      "1a 2b",
      "İstanbul Aª日b",
      null,
    ];
    expect(await evaluate("string", names, (x) => x.titleCase())).toEqual(titled);
  });
  test("unaccent", async () => {
    expect(await evaluate("string", ["São José", "çÇ ñ ü", "abc", "", "ﬁ ß", null], (x) => x.unaccent())).toEqual([
      "Sao Jose",
      "cC n u",
      "abc",
      "",
      "ﬁ ß",
      null,
    ]);
  });
  test("concat is null when a part is, concatWith leaves it out", async () => {
    expect(
      await evaluatePairs(
        ["string", "string"],
        [
          ["a", "b"],
          ["a", null],
          [null, null],
        ],
        (a, b) => concat(a, "-", b),
      ),
    ).toEqual(["a-b", null, null]);
    expect(
      await evaluatePairs(
        ["string", "string"],
        [
          ["a", "b"],
          ["a", null],
          [null, null],
          ["", "b"],
        ],
        (a, b) => concatWith("-", a, b),
      ),
    ).toEqual(["a-b", "a", "", "-b"]);
  });
  test("contains and startsWith are literal", async () => {
    expect(await evaluate("string", ["a.c", "abc", null], (x) => x.contains("a.c"))).toEqual([true, false, null]);
    expect(await evaluate("string", ["a.c", "xa.", null], (x) => x.startsWith("a."))).toEqual([true, false, null]);
  });
  test("substring", async () => {
    expect(await evaluate("string", ["ação", "a", "", null], (x) => x.substring(2, 2))).toEqual(["çã", "", "", null]);
  });
  test("replace", async () => {
    expect(await evaluate("string", ["1.234.567,89", "$1", null], (x) => x.replace(".", "$"))).toEqual([
      "1$234$567,89",
      "$1",
      null,
    ]);
    for (const pattern of ["Olinda", "Olinda é", "Ol(?:i)nda", "(?i)OLINDA", ..."!#%&,:;<=>@_`~'/-\""]) {
      const match = pattern.includes("(") ? "Olinda" : pattern;
      expect(await evaluate("string", [`${match} 7`], (x) => x.replaceRegex(pattern, "R$ 5"))).toEqual(["R$ 5 7"]);
      expect(await evaluate("string", [`${match} 7`], (x) => x.replaceRegex(pattern, "[$0]"))).toEqual([
        `[${match}] 7`,
      ]);
    }
    expect(await evaluate("string", ["11 99", null], (x) => x.replaceRegex("(\\d)(\\d)", "$2$1x"))).toEqual([
      "11x 99x",
      null,
    ]);
  });
  test("matches and extract", async () => {
    expect(await evaluate("string", ["a@b", "a@@b", null], (x) => x.matches("^[^@]+@[^@]+$"))).toEqual([
      true,
      false,
      null,
    ]);
    expect(await evaluate("string", ["a@b.c", "ab", "a@", null], (x) => x.extract("@(.*)$", 1))).toEqual([
      "b.c",
      null,
      null,
      null,
    ]);
    expect(await evaluate("string", ["x12y3"], (x) => x.extract("\\d+", 0))).toEqual(["12"]);
  });
  test("a pattern that is no regular expression", async () => {
    const refused = async (of: (x: TextColumn) => Column): Promise<RelationError> => {
      const error = await evaluate("string", ["a", null], of).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(RelationError);
      return error as RelationError;
    };
    expect(await refused((x) => x.matches("São Luís("))).toMatchObject({
      message: "a pattern is no regular expression: unclosed group",
      actual: "São Luís(, at character 9",
    });
    for (const error of [
      await refused((x) => x.extract("a(?=b)", 1)),
      await refused((x) => x.replaceRegex("a(?=b)", "$0")),
      await refused(() => lit("ab").replaceRegex("a(?=b)", "")),
    ])
      expect(error).toMatchObject({
        message: expect.stringContaining("look-around"),
        actual: "a(?=b), at character 2",
      });
    expect((await refused((x) => x.matches("a\n["))).message).toContain("no regular expression");
    expect((await refused((x) => x.matches("(?:\\w{99}){999}"))).message).toContain("size limit");
  });
  test("splitPart", async () => {
    expect(await evaluate("string", ["a@b@c", "a", "", "@", null], (x) => x.splitPart("@", 2))).toEqual([
      "b",
      null,
      null,
      "",
      null,
    ]);
    expect(await evaluate("string", ["a@b@c", "a", "", null], (x) => x.splitPart("@", 1))).toEqual([
      "a",
      "a",
      "",
      null,
    ]);
    expect(await evaluate("string", ["a@b@c", "a", null], (x) => x.splitPart("@", -1))).toEqual(["c", "a", null]);
    expect(await evaluate("string", ["a@b@c", "a@b", "a"], (x) => x.splitPart("@", -3))).toEqual(["a", null, null]);
  });
  test("padding counts code points and never shortens", async () => {
    expect(await evaluate("string", ["é", "abcd", "", null], (x) => x.padStart(3, "ç"))).toEqual([
      "ççé",
      "abcd",
      "ççç",
      null,
    ]);
    expect(await evaluate("string", ["é", "abcd", null], (x) => x.padEnd(3, "-"))).toEqual(["é--", "abcd", null]);
  });
  test("listOf", async () => {
    expect(
      await evaluatePairs(
        ["string", "string"],
        [
          ["a", "b"],
          [null, "b"],
          [null, null],
        ],
        (a, b) => listOf(a, b),
      ),
    ).toEqual([["a", "b"], ["b"], []]);
  });
});

describe("dates and times", () => {
  test("parts", async () => {
    const days = ["2024-02-29", "1969-12-31", "0001-01-01", null];
    expect(await evaluate("date", days, (x) => x.year())).toEqual([2024, 1969, 1, null]);
    expect(await evaluate("date", days, (x) => x.month())).toEqual([2, 12, 1, null]);
    expect(await evaluate("date", days, (x) => x.day())).toEqual([29, 31, 1, null]);
    const times = ["2024-02-29 23:59:58.999999", "1969-12-31 00:00:01.5", null];
    expect(await evaluate("timestamp_ntz", times, (x) => x.hour())).toEqual([23, 0, null]);
    expect(await evaluate("timestamp_ntz", times, (x) => x.minute())).toEqual([59, 0, null]);
    expect(await evaluate("timestamp_ntz", times, (x) => x.second())).toEqual([58, 1, null]);
    expect(await evaluate("timestamp_ntz", times, (x) => x.toDate())).toEqual(["2024-02-29", "1969-12-31", null]);
  });
  test("parseDecimal takes whole text in its notation with no more decimals than the type has", async () => {
    const texts = ["1234.56", "-0.5", "+7", "1.234", "1234,5", "1e3", ".5", "5.", "", " 1", "1\n", null, "NaN", "٣"];
    expect(await evaluate("string", texts, (x) => x.parseDecimal("decimal(6,2)"))).toEqual([
      "1234.56",
      "-0.50",
      "7.00",
      ...texts.slice(3).map(() => null),
    ]);
    expect(await evaluate("string", ["12345.6", "1.234", "1e3"], (x) => x.parseDecimal("decimal(6,3)"))).toEqual([
      null,
      "1.234",
      null,
    ]);
    expect(await evaluate("string", ["12", "12.0", "1e1"], (x) => x.parseDecimal("decimal(6,0)"))).toEqual([
      "12",
      null,
      null,
    ]);
    const brazilian = ["1.234,56", "12.345.678,9", "1234,5", "-0,01", "2500", "12.5", "12.50", "1,234"];
    expect(await evaluate("string", brazilian, (x) => x.parseDecimal("decimal(18,4)", "pt-BR"))).toEqual([
      "1234.5600",
      "12345678.9000",
      "1234.5000",
      "-0.0100",
      "2500.0000",
      "12.5000",
      "12.5000",
      "1.2340",
    ]);
    const ambiguous = [
      "1.234",
      "12.34,5",
      "1.2345,6",
      "1,2.3",
      "1,2,3",
      "1,23456",
      ",5",
      "5,",
      "1.234,",
      "1e3",
      "",
      null,
    ];
    expect(await evaluate("string", ambiguous, (x) => x.parseDecimal("decimal(18,4)", "pt-BR"))).toEqual(
      ambiguous.map(() => null),
    );
    expect(await evaluate("string", ["12", "1,2", "1.2"], (x) => x.parseDecimal("decimal(6,0)", "pt-BR"))).toEqual([
      "12",
      null,
      null,
    ]);
  });
  test("parseDate takes whole text of fixed width that is a day", async () => {
    const texts = [
      "2024-02-29",
      "2023-02-29",
      "2024-2-29",
      " 2024-02-29",
      "2024-02-29x",
      "+024-02-29",
      "",
      null,
      "2024-13-01",
      "٢٠٢٤-02-29",
    ];
    expect(await evaluate("string", texts, (x) => x.parseDate("%Y-%m-%d"))).toEqual([
      "2024-02-29",
      null,
      null,
      null,
      null,
      null,
      null,
      null,
      null,
      null,
    ]);
    expect(await evaluate("string", ["29/02/2024", "31.12.1999"], (x) => x.parseDate("%d/%m/%Y"))).toEqual([
      "2024-02-29",
      null,
    ]);
  });
  test("parseTimestamp", async () => {
    const texts = [
      "2014-05-01 08:10:00",
      "2014-05-01 24:00:00",
      "2014-05-01 08:60:00",
      "2014-05-01 08:10:60",
      "2014-05-01 8:10:00",
      "2014-05-01T08:10:00",
      "2014-05-01 08:10",
      null,
    ];
    expect(await evaluate("string", texts, (x) => x.parseTimestamp("%Y-%m-%d %H:%M:%S"))).toEqual([
      "2014-05-01 08:10:00",
      null,
      null,
      null,
      null,
      null,
      null,
      null,
    ]);
    const fractions = [
      "2014-05-01 08:10:00.5",
      "2014-05-01 08:10:00.000001",
      "2014-05-01 08:10:00.1234567",
      "2014-05-01 08:10:00.",
      "2014-05-01 08:10:00",
    ];
    expect(await evaluate("string", fractions, (x) => x.parseTimestamp("%Y-%m-%d %H:%M:%S.%f"))).toEqual([
      "2014-05-01 08:10:00.5",
      "2014-05-01 08:10:00.000001",
      null,
      null,
      null,
    ]);
    expect(await evaluate("string", ["31/12/2023 23:59"], (x) => x.parseTimestamp("%d/%m/%Y %H:%M"))).toEqual([
      "2023-12-31 23:59:00",
    ]);
    expect(await evaluate("string", ["31/12/2023"], (x) => x.parseTimestamp("%d/%m/%Y"))).toEqual([
      "2023-12-31 00:00:00",
    ]);
  });
  test("format", async () => {
    expect(await evaluate("date", ["2024-02-29", "0099-01-02", null], (x) => x.format("%d/%m/%Y"))).toEqual([
      "29/02/2024",
      "02/01/0099",
      null,
    ]);
    expect(
      await evaluate("timestamp_ntz", ["2024-02-29 03:04:05.000006"], (x) => x.format("%Y%m%d_%H%M%S.%f")),
    ).toEqual(["20240229_030405.000006"]);
  });
  test("truncate", async () => {
    expect(await evaluate("date", ["2024-08-29", "1969-12-31", null], (x) => x.truncate("week"))).toEqual([
      "2024-08-26",
      "1969-12-29",
      null,
    ]);
    expect(await evaluate("date", ["2024-08-29"], (x) => x.truncate("quarter"))).toEqual(["2024-07-01"]);
    expect(await evaluate("date", ["2024-08-29"], (x) => x.truncate("year"))).toEqual(["2024-01-01"]);
    expect(
      await evaluate("timestamp_ntz", ["2024-08-29 13:14:15.9", "1969-12-31 23:30:00"], (x) => x.truncate("hour")),
    ).toEqual(["2024-08-29 13:00:00", "1969-12-31 23:00:00"]);
    expect(await evaluate("timestamp_ntz", ["2024-08-29 13:14:15.9"], (x) => x.truncate("month"))).toEqual([
      "2024-08-01 00:00:00",
    ]);
  });
  test("additions that leave the years 0001 to 9999 are errors", async () => {
    const day = (date: string, days: number) => evaluate("date", [date, null], (x) => x.addDays(days));
    expect(await day("9999-12-30", 1)).toEqual(["9999-12-31", null]);
    expect(await day("0001-01-02", -1)).toEqual(["0001-01-01", null]);
    for (const [date, days] of [
      ["9999-12-31", 1],
      ["0001-01-01", -1],
      ["2024-01-01", 2147483647],
      ["2024-01-01", -2147483648],
    ] as const)
      await expect(day(date, days)).rejects.toThrow(`${date} + ${days} days does not fit the type date`);
    const time = (at: string, seconds: bigint) => evaluate("timestamp_ntz", [at, null], (x) => x.addSeconds(seconds));
    expect(await time("9999-12-31 23:59:58.999999", 1n)).toEqual(["9999-12-31 23:59:59.999999", null]);
    expect(await time("0001-01-01 00:00:01", -1n)).toEqual(["0001-01-01 00:00:00", null]);
    for (const [at, seconds] of [
      ["9999-12-31 23:59:59", 1n],
      ["0001-01-01 00:00:00", -1n],
      ["2024-01-01 00:00:00", 9223372036855n],
      ["2024-01-01 00:00:00", 18446744073710n],
      ["2024-01-01 00:00:00", -9223372036854775808n],
    ] as const)
      await expect(time(at, seconds)).rejects.toThrow(`${at} + ${seconds} seconds does not fit the type timestamp_ntz`);
    await expect(evaluate("integer", ["1"], () => lit("9999-12-31", "date").addDays(1))).rejects.toThrow(DataError);
  });
  test("add and difference", async () => {
    expect(await evaluate("date", ["2024-02-28", null], (x) => x.addDays(2))).toEqual(["2024-03-01", null]);
    expect(await evaluate("timestamp_ntz", ["2024-02-28 23:59:59.5", null], (x) => x.addSeconds(-86400n))).toEqual([
      "2024-02-27 23:59:59.5",
      null,
    ]);
    expect(
      await evaluatePairs(
        ["date", "date"],
        [
          ["2024-03-01", "2024-02-28"],
          ["2024-02-28", "2024-03-01"],
          [null, "2024-01-01"],
        ],
        (a, b) => a.daysSince(b),
      ),
    ).toEqual([2, -2, null]);
    const times = [
      ["2024-01-01 00:00:01.9", "2024-01-01 00:00:00"],
      ["2024-01-01 00:00:00", "2024-01-01 00:00:01.9"],
      [null, "2024-01-01 00:00:00"],
    ] as const;
    expect(await evaluatePairs(["timestamp_ntz", "timestamp_ntz"], times, (a, b) => a.secondsSince(b))).toEqual([
      1n,
      -1n,
      null,
    ]);
  });
});

describe("casts", () => {
  test("text to numbers", async () => {
    const texts = ["12", "-0012", "+7", " 1", "1.0", "", "x", "9223372036854775808", null];
    expect(await evaluate("string", texts, (x) => x.tryCast("long"))).toEqual([
      12n,
      -12n,
      7n,
      null,
      null,
      null,
      null,
      null,
      null,
    ]);
    expect(
      await evaluate(
        "string",
        ["1.005", "-1.005", "1.004", "1e3", ".5", "5.", "-", "1,5", "12345678901234567.00", null],
        (x) => x.tryCast("decimal(18,2)"),
      ),
    ).toEqual(["1.01", "-1.01", "1.00", null, "0.50", "5.00", null, null, null, null]);
    expect(
      await evaluate("string", ["1.5", "1e3", "NaN", "-Infinity", "0x1", "1_0", ""], (x) => x.tryCast("double")),
    ).toEqual([1.5, 1000, Number.NaN, -Infinity, null, null, null]);
    const bounds = ["1.7976931348623157e308", "+Infinity", "5e-324", "1e309", "-1e309", "inf", "-inf", "nan", null];
    expect(await evaluate("string", bounds, (x) => x.tryCast("double"))).toEqual([
      Number.MAX_VALUE,
      Infinity,
      5e-324,
      ...bounds.slice(3).map(() => null),
    ]);
    await expect(evaluate("string", ["1e309"], (x) => x.cast("double"))).rejects.toThrow(
      "1e309 does not fit the type double",
    );
  });
  test("text to other types", async () => {
    expect(await evaluate("string", ["true", "FALSE", "1", "yes", null], (x) => x.tryCast("boolean"))).toEqual([
      true,
      false,
      null,
      null,
      null,
    ]);
    expect(await evaluate("string", ["2024-02-29", "2024-02-30", "2024-2-1"], (x) => x.tryCast("date"))).toEqual([
      "2024-02-29",
      null,
      null,
    ]);
    expect(
      await evaluate(
        "string",
        ["2024-02-29 01:02:03", "2024-02-29T01:02:03.5", "2024-02-29", "2024-02-29 01:02:03Z"],
        (x) => x.tryCast("timestamp_ntz"),
      ),
    ).toEqual(["2024-02-29 01:02:03", "2024-02-29 01:02:03.5", null, null]);
    expect(
      await evaluate("string", ["2024-02-29T01:02:03Z", "2024-02-29 01:02:03"], (x) => x.tryCast("timestamp")),
    ).toEqual(["2024-02-29 01:02:03Z", null]);
  });
  test("strict casts stop the query and show the value", async () => {
    await expect(evaluate("string", ["1", "x1"], (x) => x.cast("long"))).rejects.toThrow("x1");
    await expect(evaluate("string", ["1e3"], (x) => x.cast("decimal(18,2)"))).rejects.toThrow("1e3");
    await expect(evaluate("string", ["2024-02-30"], (x) => x.cast("date"))).rejects.toThrow("2024-02-30");
    await expect(evaluate("string", ["maybe"], (x) => x.cast("boolean"))).rejects.toThrow("maybe");
    await expect(evaluate("long", ["2147483648"], (x) => x.cast("integer"))).rejects.toThrow("2147483648");
    expect(await evaluate("string", ["7", null], (x) => x.cast("long"))).toEqual([7n, null]);
    expect(await evaluate("string", ["2024-02-29", null], (x) => x.cast("date"))).toEqual(["2024-02-29", null]);
  });
  test("between numbers", async () => {
    expect(await evaluate("long", ["2147483648", "-5"], (x) => x.tryCast("integer"))).toEqual([null, -5]);
    expect(await evaluate("decimal(18,3)", ["1.005", "-1.005", "-1.999"], (x) => x.cast("decimal(18,2)"))).toEqual([
      "1.01",
      "-1.01",
      "-2.00",
    ]);
    expect(await evaluate("decimal(18,3)", ["1.999", "-1.999"], (x) => x.cast("long"))).toEqual([1n, -1n]);
    expect(await evaluate("long", ["9007199254740993"], (x) => x.cast("decimal(20,2)"))).toEqual([
      "9007199254740993.00",
    ]);
    expect(await evaluate("decimal(18,2)", ["99999.99"], (x) => x.tryCast("decimal(6,2)"))).toEqual([null]);
    expect(await evaluate("double", ["1.9", "-1.9", "NaN", "1e300"], (x) => x.tryCast("long"))).toEqual([
      1n,
      -1n,
      null,
      null,
    ]);
  });
  test("to text", async () => {
    expect(await evaluate("long", ["9007199254740993", null], (x) => x.cast("string"))).toEqual([
      "9007199254740993",
      null,
    ]);
    expect(await evaluate("decimal(18,2)", ["-0.50", "1234.00"], (x) => x.cast("string"))).toEqual([
      "-0.50",
      "1234.00",
    ]);
    expect(await evaluate("date", ["2024-02-29", "0001-01-01"], (x) => x.cast("string"))).toEqual([
      "2024-02-29",
      "0001-01-01",
    ]);
    expect(
      await evaluate(
        "timestamp_ntz",
        ["2024-02-29 01:02:03", "2024-02-29 10:20:30.100000", "1969-12-31 23:59:59.000001"],
        (x) => x.cast("string"),
      ),
    ).toEqual(["2024-02-29 01:02:03", "2024-02-29 10:20:30.1", "1969-12-31 23:59:59.000001"]);
    expect(await evaluate("timestamp", ["2024-02-29T01:02:03Z"], (x) => x.cast("string"))).toEqual([
      "2024-02-29 01:02:03Z",
    ]);
    expect(await evaluate("boolean", [true, false, null], (x) => x.cast("string"))).toEqual(["true", "false", null]);
  });
});
