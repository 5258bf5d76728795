import { describe, expect, test } from "vitest";
import { UsageError } from "../../lib/errors.js";
import { refuseUnlessOne } from "../../lib/warehouse/one_statement.js";

describe("a text of", () => {
  test.each([
    "SELECT 1",
    "SELECT 1;;\n-- the end; really",
    "SELECT 'a;b', 'it''s;', \"x;\"\"y\" /* ; */ FROM t;",
    "SELECT E'it\\'s; so', $$a;b$$, $x$c;$$d$x$ ;",
    "PIVOT t ON a USING sum(b)",
    "SELECT 1 /* a /* b; */ c; */",
  ])("one statement is taken: %s", (sql) => {
    expect(() => refuseUnlessOne(sql, "here")).not.toThrow();
  });

  test.each(["", " \n ", ";", "-- nothing", "/* SELECT 1 */;"])("none is refused: %j", (sql) => {
    expect(() => refuseUnlessOne(sql, "here")).toThrow(UsageError);
    expect(() => refuseUnlessOne(sql, "here")).toThrow("there is no statement to run");
  });

  test.each(["SELECT 1; SELECT 2", "SELECT 'a'';'; DELETE FROM t;"])("several is refused: %s", (sql) => {
    expect(() => refuseUnlessOne(sql, "here")).toThrow(UsageError);
    expect(() => refuseUnlessOne(sql, "here")).toThrow("only one statement is run at a time");
  });
});
