import { DataError, isTslakeError, UnsupportedFeatureError } from "../errors.js";
import type { Expr } from "../relation/expr.js";
import { literalExpr, nullExpr } from "../relation/literal.js";
import type { DataType } from "../types.js";
import * as casts from "./sql_casts.js";
import * as functions from "./sql_functions.js";
import * as operators from "./sql_operators.js";
import { type Token, tokens } from "./sql_tokens.js";

/** The column that a name stands for, with the table's alias before it, if there is one; undefined when there is none. */
export type ResolveName = (name: string, qualifier: string | undefined) => Expr | undefined;

/**
 * An SQL expression (Spark's dialect) as an expression of ours: comparisons, AND, OR, NOT, IS NULL, IN, BETWEEN, LIKE,
 * arithmetic, CASE, CAST and the usual functions of text, numbers and days. Instants are taken in UTC.
 * @throws UnsupportedFeatureError naming what it does not know, DataError for what is no expression
 */
export function parseSql(text: string, resolve: ResolveName): Expr {
  try {
    return new Parser(text, resolve).parse();
  } catch (error) {
    if (!isTslakeError(error) || error.where.column !== undefined) throw error;
    throw new (error instanceof UnsupportedFeatureError ? UnsupportedFeatureError : DataError)(
      `${error.message}: ${text}`,
      { expected: error.expected, actual: error.actual, remedy: error.remedy, cause: error.cause },
    );
  }
}

/** Precedence climbing: every method reads what binds tighter than its operators by calling the next one. */
class Parser {
  private readonly tokens: readonly Token[];
  private readonly resolve: ResolveName;
  private at = 0;

  constructor(text: string, resolve: ResolveName) {
    this.tokens = tokens(text);
    this.resolve = resolve;
  }

  parse(): Expr {
    const expr = this.or();
    if (this.next.kind !== "end") this.refuse("an operator or the end");
    return expr;
  }

  private or(): Expr {
    let left = this.and();
    while (this.word("OR")) left = operators.logical("or", left, this.and());
    return left;
  }

  private and(): Expr {
    let left = this.not();
    while (this.word("AND")) left = operators.logical("and", left, this.not());
    return left;
  }

  private not(): Expr {
    return this.word("NOT") ? operators.not(this.not()) : this.comparison();
  }

  private comparison(): Expr {
    const left = this.sum();
    const operator = this.symbol("<=>", "=", "==", "<>", "!=", "<=", ">=", "<", ">");
    if (operator !== undefined) return operators.compare(operator, left, this.sum());
    if (this.word("IS")) return this.isTest(left);
    const negated = this.word("NOT");
    const test = this.membership(left);
    if (test !== undefined) return negated ? operators.not(test) : test;
    return negated ? this.refuse("IN, BETWEEN or LIKE after NOT") : left;
  }

  private isTest(left: Expr): Expr {
    const negated = this.word("NOT");
    const value = this.word("TRUE") ? true : this.word("FALSE") ? false : undefined;
    if (value === undefined) this.expectWord("NULL");
    const test =
      value === undefined ? operators.isNull(left) : operators.compare("<=>", left, literalExpr(value, "boolean"));
    return negated ? operators.not(test) : test;
  }

  private membership(left: Expr): Expr | undefined {
    if (this.word("IN")) return operators.isIn(left, this.list());
    if (this.word("LIKE")) return operators.like(left, this.sum());
    if (!this.word("BETWEEN")) return undefined;
    const low = this.sum();
    this.expectWord("AND");
    return operators.logical("and", operators.compare(">=", left, low), operators.compare("<=", left, this.sum()));
  }

  private sum(): Expr {
    let left = this.product();
    for (;;) {
      const operator = this.symbol("+", "-", "||");
      if (operator === undefined) return left;
      left =
        operator === "||"
          ? functions.apply("concat", [left, this.product()])
          : operators.arithmetic(operator, left, this.product());
    }
  }

  private product(): Expr {
    let left = this.unary();
    for (;;) {
      const operator = this.symbol("*", "/", "%") ?? (this.word("DIV") ? "div" : undefined);
      if (operator === undefined) return left;
      left = operators.arithmetic(operator, left, this.unary());
    }
  }

  private unary(): Expr {
    if (this.symbol("-") !== undefined) return operators.negate(this.unary());
    return this.symbol("+") === undefined ? this.primary() : this.unary();
  }

  private primary(): Expr {
    const token = this.next;
    if (this.symbol("(") !== undefined) {
      const inner = this.or();
      this.expectSymbol(")");
      return inner;
    }
    if (token.kind === "number") return operators.number(this.take().value);
    if (token.kind === "text") return literalExpr(this.take().value, "string");
    if (token.kind === "quoted") return this.column();
    return token.kind === "name" ? this.named() : this.refuse("a value");
  }

  private named(): Expr {
    if (this.word("TRUE")) return literalExpr(true, "boolean");
    if (this.word("FALSE")) return literalExpr(false, "boolean");
    if (this.word("NULL")) return nullExpr("string");
    if (this.word("CASE")) return this.choice();
    const following = this.tokens[this.at + 1];
    if (following?.kind === "text" && /^(?:date|timestamp|timestamp_ntz)$/i.test(this.next.value)) {
      const type = this.take().value.toLowerCase() as "date" | "timestamp" | "timestamp_ntz";
      return casts.retyped(literalExpr(this.take().value, "string"), type);
    }
    if (following?.value !== "(") return this.column();
    const name = this.take().value.toLowerCase();
    return name === "cast" ? this.cast() : functions.apply(name, this.list());
  }

  private column(): Expr {
    const names = [this.take().value];
    while (this.symbol(".") !== undefined) names.push(this.take().value);
    const [first = "", second] = names;
    const found =
      names.length === 1
        ? this.resolve(first, undefined)
        : names.length === 2 && second !== undefined
          ? this.resolve(second, first)
          : undefined;
    if (found) return found;
    throw new DataError(`no column ${names.join(".")} that an expression can use`, { actual: names.join(".") });
  }

  private cast(): Expr {
    this.expectSymbol("(");
    const input = this.or();
    this.expectWord("AS");
    let type = this.take().value.toLowerCase();
    if (this.symbol("(") !== undefined) {
      const parameters = [this.take().value];
      while (this.symbol(",") !== undefined) parameters.push(this.take().value);
      this.expectSymbol(")");
      type = `${type}(${parameters.join(",")})`;
    }
    this.expectSymbol(")");
    return casts.cast(input, casts.typeNamed(type));
  }

  private choice(): Expr {
    const subject = this.isWord("WHEN") ? undefined : this.or();
    const branches: { when: Expr; then: Expr }[] = [];
    while (this.word("WHEN")) {
      const when = this.or();
      this.expectWord("THEN");
      branches.push({ when: subject === undefined ? when : operators.compare("=", subject, when), then: this.or() });
    }
    const otherwise = this.word("ELSE") ? this.or() : nullExpr("string");
    this.expectWord("END");
    return operators.choice(branches, otherwise);
  }

  private list(): readonly Expr[] {
    this.expectSymbol("(");
    if (this.symbol(")") !== undefined) return [];
    const values = [this.or()];
    while (this.symbol(",") !== undefined) values.push(this.or());
    this.expectSymbol(")");
    return values;
  }

  private get next(): Token {
    return this.tokens[this.at] ?? { kind: "end", value: "", at: 0 };
  }
  private take(): Token {
    const token = this.next;
    this.at++;
    return token;
  }
  private isWord(word: string): boolean {
    return this.next.kind === "name" && this.next.value.toUpperCase() === word;
  }
  private word(word: string): boolean {
    if (!this.isWord(word)) return false;
    this.at++;
    return true;
  }
  private symbol(...symbols: readonly string[]): string | undefined {
    if (this.next.kind !== "symbol" || !symbols.includes(this.next.value)) return undefined;
    return this.take().value;
  }
  private expectWord(word: string): void {
    if (!this.word(word)) this.refuse(word);
  }
  private expectSymbol(symbol: string): void {
    if (this.symbol(symbol) === undefined) this.refuse(symbol);
  }
  private refuse(expected: string): never {
    const { kind, value, at } = this.next;
    throw new DataError("An SQL expression cannot be understood", {
      expected,
      actual: kind === "end" ? "its end" : `${value} at character ${at + 1}`,
    });
  }
}

/** A boolean expression. Throws DataError when it is of another type. */
export function parseCondition(text: string, resolve: ResolveName): Expr {
  const expr = parseSql(text, resolve);
  if (expr.type === "boolean") return expr;
  throw new DataError(`This expression is no condition: ${text}`, {
    expected: "boolean" satisfies DataType,
    actual: JSON.stringify(expr.type),
  });
}
