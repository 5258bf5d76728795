import { UsageError } from "../errors.js";

/** What may hold a semicolon that ends no statement: texts, names, comments, which may hold comments. */
const OPAQUE =
  /(?<comment>--[^\n]*|\/\*(?:\/\*[\s\S]*?\*\/|[\s\S])*?\*\/)|\be'(?:[^'\\]|\\[\s\S]|'')*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|(?<tag>\$\w*\$)[\s\S]*?\k<tag>/gi;

/**
 * Refuses a text in which there is no statement, or more than one.
 * @param path of the warehouse, as people may see it
 * @throws UsageError
 */
export function refuseUnlessOne(sql: string, path: string): void {
  const count = statementsIn(sql).length;
  if (count === 1) return;
  throw new UsageError(count === 0 ? "there is no statement to run" : "only one statement is run at a time", {
    where: { path },
    expected: "one query, as SELECT * FROM vw_vendas LIMIT 10",
    actual: count === 0 ? "nothing but blanks and comments" : `${count} statements`,
  });
}

/**
 * Refuses a COPY, which sends rows to nobody here, or to files and programs, also where nothing may be changed.
 * @param path of the warehouse, as people may see it
 * @throws UsageError
 */
export function refuseCopy(sql: string, path: string): void {
  if (!statementsIn(sql).some((statement) => /^copy\b/i.test(statement))) return;
  throw new UsageError("COPY gives no rows here: only queries are run", {
    where: { path },
    remedy: "write it as a SELECT",
  });
}

/** The statements without their comments, and with an x in the place of texts and quoted names. */
function statementsIn(sql: string): readonly string[] {
  const plain = sql.replace(OPAQUE, (_, comment: string | undefined) => (comment === undefined ? " x " : " "));
  const statements = plain.split(";").map((part) => part.trim());
  return statements.filter((statement) => statement !== "");
}
