import { Column, call, type Operand, register } from "./column.js";

/** A condition, in three-valued logic. */
export class BooleanColumn extends Column<"boolean"> {
  and(...others: readonly Operand<"boolean">[]): BooleanColumn {
    return others.reduce<BooleanColumn>((all, other) => call("and", [all.expr, this.operand(other)], "boolean"), this);
  }
  or(...others: readonly Operand<"boolean">[]): BooleanColumn {
    return others.reduce<BooleanColumn>((any, other) => call("or", [any.expr, this.operand(other)], "boolean"), this);
  }
  not(): BooleanColumn {
    return call("not", [this.expr], "boolean");
  }
}

register("boolean", BooleanColumn);
