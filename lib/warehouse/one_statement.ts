import { UsageError } from "../errors.js";

/** What may hold a semicolon that ends no statement: texts, names, comments. */
const OPAQUE =
  /(?<comment>--[^\n]*|\/\*[\s\S]*?\*\/)|\be'(?:[^'\\]|\\[\s\S]|'')*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|(?<tag>\$\w*\$)[\s\S]*?\k<tag>/gi;

/**
 * Refuses a text in which there is no statement, or more than one.
 * @param path of the warehouse, as people may see it
 */
export function refuseUnlessOne(sql: string, path: string): void {
  const plain = sql.replace(OPAQUE, (_, comment: string | undefined) => (comment === undefined ? "x" : " "));
  const count = plain.split(";").filter((part) => part.trim() !== "").length;
  if (count === 1) return;
  throw new UsageError(count === 0 ? "there is no statement to run" : "only one statement is run at a time", {
    where: { path },
    expected: "one query, as SELECT * FROM vw_vendas LIMIT 10",
    actual: count === 0 ? "nothing but blanks and comments" : `${count} statements`,
  });
}
