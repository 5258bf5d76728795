import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Catalog } from "../../lib/contract/catalog.js";
import { valuesOf } from "../../lib/delta_table/values.js";
import { Lake } from "../../lib/lake/lake.js";
import { type Relation, scan } from "../../lib/relation/relation.js";
import { LocalStorage } from "../../lib/storage/local.js";
import type { Storage } from "../../lib/storage/storage.js";
import { bronze, gold, silver, warehouse } from "../../lib/tables/index.js";
import { DuckdbWarehouse } from "../../lib/warehouse/duckdb/warehouse.js";

/** A sale, as far as a test says something about it. */
export interface Sale {
  readonly id: string;
  readonly at: string;
  readonly email: string;
  readonly name?: string;
  readonly phone?: string | null;
  readonly product?: string | null;
  readonly channel?: string | null;
  readonly value?: string;
  readonly discount?: string;
  readonly code?: string;
}

/** A lake whose gold tables a test writes itself, with the warehouse beside it. */
export class GoldLake {
  readonly folder: string;
  readonly lake: Lake;

  constructor(folder = mkdtempSync(join(tmpdir(), "tslake-star-")), wrap = (storage: Storage): Storage => storage) {
    this.folder = folder;
    const tables = [bronze, silver, gold].flatMap((layer) => Object.values(layer));
    this.lake = new Lake({
      storage: wrap(new LocalStorage(join(folder, "lake"))),
      catalog: new Catalog(tables, [warehouse.vendas]),
      timeZone: "America/Sao_Paulo",
    });
  }

  duckdb(name = "warehouse"): DuckdbWarehouse {
    return new DuckdbWarehouse(join(this.folder, `${name}.duckdb`), this.lake.engine);
  }

  async sell(...sales: readonly Sale[]): Promise<void> {
    await this.lake.write(gold.vendas, this.#rows(sales));
  }

  async withdraw(...ids: readonly string[]): Promise<void> {
    const fields = gold.vendas.schema.fields.filter(({ name }) => name === "venda_id");
    const keys: Relation = scan(
      valuesOf(
        fields,
        ids.map((id) => ({ venda_id: id })),
      ),
      fields,
      this.lake,
    );
    await this.lake.delete(gold.vendas, keys);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  #rows(sales: readonly Sale[]): Relation {
    const { fields } = gold.vendas.schema;
    return scan(valuesOf(fields, sales.map(goldRow)), fields, this.lake);
  }
}

function goldRow(sale: Sale): Readonly<Record<string, string | number | null>> {
  const { value = "10.00", discount = "0.1" } = sale;
  return {
    timestamp_do_registro: sale.at,
    turno_compra: "Manhã",
    nome_completo: sale.name ?? "Ana Lima",
    email: sale.email,
    dominio_email: sale.email.split("@")[1] ?? "",
    telefone: sale.phone === undefined ? "1" : sale.phone,
    produto_adquirido: sale.product === undefined ? "Caneta" : sale.product,
    valor_da_compra: value,
    desconto_oferecido: discount,
    valor_com_desconto: value,
    canal: sale.channel === undefined ? "Loja" : sale.channel,
    plataforma_de_interacao: "Web",
    campanha_de_marketing: null,
    vendedor: "Bia",
    codigo_de_desconto_usado: sale.code ?? "VERAO",
    arquivo_de_origem: "20230101_000000_registros",
    ano: Number(sale.at.slice(0, 4)),
    venda_id: sale.id,
  };
}
