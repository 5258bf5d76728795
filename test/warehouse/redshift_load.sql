BEGIN READ ONLY;

SELECT table_name, column_name FROM svv_columns WHERE table_schema = current_schema() ORDER BY table_name, ordinal_position;

ROLLBACK;

BEGIN;

SELECT table_name, column_name FROM svv_columns WHERE table_schema = current_schema() ORDER BY table_name, ordinal_position;

SELECT table_name, column_name FROM svv_columns WHERE table_schema = current_schema() ORDER BY table_name, ordinal_position;

CREATE TABLE "tslake_cargas" (
  "estrela" VARCHAR(65535) ENCODE ZSTD NOT NULL,
  "carga" BIGINT ENCODE AZ64 NOT NULL,
  "fontes" VARCHAR(65535) ENCODE ZSTD NOT NULL,
  "definicoes" VARCHAR(65535) ENCODE ZSTD NOT NULL,
  "passo" VARCHAR(65535) ENCODE ZSTD,
  "execucao" VARCHAR(65535) ENCODE ZSTD,
  "carregada_em" TIMESTAMP ENCODE AZ64 NOT NULL,
  PRIMARY KEY ("estrela")
)
DISTSTYLE ALL;

COMMENT ON TABLE "tslake_cargas" IS 'What was loaded of each star; written with the rows that it speaks of';

COMMENT ON COLUMN "tslake_cargas"."estrela" IS 'Name of the star';

COMMENT ON COLUMN "tslake_cargas"."carga" IS '1, 2, 3… of this star';

COMMENT ON COLUMN "tslake_cargas"."fontes" IS 'Versions and ids of the lake''s tables that are loaded, and of its key maps (JSON)';

COMMENT ON COLUMN "tslake_cargas"."definicoes" IS 'Digests of the definitions of tables and views (JSON)';

COMMENT ON COLUMN "tslake_cargas"."passo" IS 'Code and parameters of the step that loaded it (JSON)';

COMMENT ON COLUMN "tslake_cargas"."execucao" IS 'The run that loaded it';

COMMENT ON COLUMN "tslake_cargas"."carregada_em" IS 'When it was loaded, UTC';

CREATE TABLE "dim_cliente" (
  "cliente_id" BIGINT ENCODE RAW NOT NULL,
  "email" VARCHAR(65535) ENCODE ZSTD,
  "nome_completo" VARCHAR(65535) ENCODE ZSTD,
  "dominio_email" VARCHAR(65535) ENCODE ZSTD,
  "telefone" VARCHAR(65535) ENCODE ZSTD,
  "valido_de" TIMESTAMP ENCODE AZ64,
  "valido_ate" TIMESTAMP ENCODE AZ64,
  "atual" BOOLEAN ENCODE RAW NOT NULL,
  PRIMARY KEY ("cliente_id")
)
DISTSTYLE ALL
SORTKEY ("cliente_id");

CREATE TABLE "dim_produto" (
  "produto_id" BIGINT ENCODE RAW NOT NULL,
  "produto_adquirido" VARCHAR(65535) ENCODE ZSTD,
  PRIMARY KEY ("produto_id")
)
DISTSTYLE ALL
SORTKEY ("produto_id");

CREATE TABLE "dim_canal" (
  "canal_id" BIGINT ENCODE RAW NOT NULL,
  "canal" VARCHAR(65535) ENCODE ZSTD,
  PRIMARY KEY ("canal_id")
)
DISTSTYLE ALL
SORTKEY ("canal_id");

CREATE TABLE "dim_plataforma" (
  "plataforma_id" BIGINT ENCODE RAW NOT NULL,
  "plataforma_de_interacao" VARCHAR(65535) ENCODE ZSTD,
  PRIMARY KEY ("plataforma_id")
)
DISTSTYLE ALL
SORTKEY ("plataforma_id");

CREATE TABLE "dim_campanha" (
  "campanha_id" BIGINT ENCODE RAW NOT NULL,
  "campanha_de_marketing" VARCHAR(65535) ENCODE ZSTD,
  PRIMARY KEY ("campanha_id")
)
DISTSTYLE ALL
SORTKEY ("campanha_id");

CREATE TABLE "dim_vendedor" (
  "vendedor_id" BIGINT ENCODE RAW NOT NULL,
  "vendedor" VARCHAR(65535) ENCODE ZSTD,
  PRIMARY KEY ("vendedor_id")
)
DISTSTYLE ALL
SORTKEY ("vendedor_id");

CREATE TABLE "dim_desconto" (
  "desconto_id" BIGINT ENCODE RAW NOT NULL,
  "codigo_de_desconto_usado" VARCHAR(65535) ENCODE ZSTD,
  "desconto_oferecido" DECIMAL(9,6) ENCODE AZ64,
  PRIMARY KEY ("desconto_id")
)
DISTSTYLE ALL
SORTKEY ("desconto_id");

CREATE TABLE "dim_data" (
  "data_id" INTEGER ENCODE RAW NOT NULL,
  "data" DATE ENCODE AZ64,
  "ano" INTEGER ENCODE AZ64,
  "trimestre" INTEGER ENCODE AZ64,
  "mes" INTEGER ENCODE AZ64,
  "nome_mes" VARCHAR(65535) ENCODE ZSTD,
  "dia" INTEGER ENCODE AZ64,
  "dia_semana" INTEGER ENCODE AZ64,
  "nome_dia_semana" VARCHAR(65535) ENCODE ZSTD,
  "ano_iso" INTEGER ENCODE AZ64,
  "semana_iso" INTEGER ENCODE AZ64,
  "fim_de_semana" BOOLEAN ENCODE RAW,
  "feriado" BOOLEAN ENCODE RAW,
  "nome_feriado" VARCHAR(65535) ENCODE ZSTD,
  PRIMARY KEY ("data_id")
)
DISTSTYLE ALL
SORTKEY ("data_id");

CREATE TABLE "fato_vendas" (
  "venda_id" VARCHAR(65535) ENCODE ZSTD NOT NULL,
  "timestamp_do_registro" TIMESTAMP ENCODE RAW NOT NULL,
  "ano" INTEGER ENCODE AZ64 NOT NULL,
  "turno_compra" VARCHAR(65535) ENCODE ZSTD NOT NULL,
  "valor_da_compra" DECIMAL(18,2) ENCODE AZ64 NOT NULL,
  "valor_com_desconto" DECIMAL(18,2) ENCODE AZ64 NOT NULL,
  "arquivo_de_origem" VARCHAR(65535) ENCODE ZSTD NOT NULL,
  "cliente_id" BIGINT ENCODE AZ64 NOT NULL,
  "produto_id" BIGINT ENCODE AZ64 NOT NULL,
  "canal_id" BIGINT ENCODE AZ64 NOT NULL,
  "plataforma_id" BIGINT ENCODE AZ64 NOT NULL,
  "campanha_id" BIGINT ENCODE AZ64 NOT NULL,
  "vendedor_id" BIGINT ENCODE AZ64 NOT NULL,
  "desconto_id" BIGINT ENCODE AZ64 NOT NULL,
  "data_id" INTEGER ENCODE AZ64 NOT NULL,
  PRIMARY KEY ("venda_id")
)
DISTSTYLE KEY
DISTKEY ("venda_id")
SORTKEY ("timestamp_do_registro");

CREATE TABLE "fato_gvm" (
  "data" DATE ENCODE RAW NOT NULL,
  "codigo_do_produto" BIGINT ENCODE AZ64 NOT NULL,
  "subsidiaria" VARCHAR(65535) ENCODE ZSTD NOT NULL,
  "versao" BIGINT ENCODE AZ64 NOT NULL,
  "conhecido_em" DATE ENCODE AZ64 NOT NULL,
  "valor_total" DECIMAL(18,2) ENCODE AZ64 NOT NULL,
  "compras" BIGINT ENCODE AZ64 NOT NULL,
  "data_id" INTEGER ENCODE AZ64 NOT NULL,
  "conhecido_em_id" INTEGER ENCODE AZ64 NOT NULL,
  PRIMARY KEY ("data", "codigo_do_produto", "subsidiaria", "versao")
)
DISTSTYLE EVEN
SORTKEY ("data");

INSERT INTO "dim_cliente" ("cliente_id", "email", "nome_completo", "dominio_email", "telefone", "valido_de", "valido_ate", "atual") VALUES (-1, 'não informado', 'não informado', 'não informado', 'não informado', NULL, NULL, TRUE);

INSERT INTO "dim_produto" ("produto_id", "produto_adquirido") VALUES (-1, 'não informado');

INSERT INTO "dim_canal" ("canal_id", "canal") VALUES (-1, 'não informado');

INSERT INTO "dim_plataforma" ("plataforma_id", "plataforma_de_interacao") VALUES (-1, 'não informado');

INSERT INTO "dim_campanha" ("campanha_id", "campanha_de_marketing") VALUES (-1, 'não informado');

INSERT INTO "dim_vendedor" ("vendedor_id", "vendedor") VALUES (-1, 'não informado');

INSERT INTO "dim_desconto" ("desconto_id", "codigo_de_desconto_usado", "desconto_oferecido") VALUES (-1, 'não informado', NULL);

INSERT INTO "dim_data" ("data_id", "data", "ano", "trimestre", "mes", "nome_mes", "dia", "dia_semana", "nome_dia_semana", "ano_iso", "semana_iso", "fim_de_semana", "feriado", "nome_feriado") VALUES (-1, NULL, NULL, NULL, NULL, 'não informado', NULL, NULL, 'não informado', NULL, NULL, NULL, NULL, 'não informado');

SELECT DISTINCT CAST(FLOOR("data_id" / 10000) AS INTEGER) AS year FROM "dim_data" WHERE "data_id" > 0;

COPY "dim_data"
FROM 's3://balde/estrela/<uuid>/'
IAM_ROLE 'arn:aws:iam::123456789012:role/tslake'
FORMAT AS PARQUET;

COPY "dim_cliente"
FROM 's3://balde/estrela/<uuid>/'
IAM_ROLE 'arn:aws:iam::123456789012:role/tslake'
FORMAT AS PARQUET;

SELECT d."email" FROM "dim_cliente" d WHERE d."cliente_id" <> -1 AND d."atual" GROUP BY d."email" HAVING COUNT(*) <> 1 LIMIT 5;

SELECT d."email" FROM "dim_cliente" d WHERE d."cliente_id" <> -1 AND d."atual" <> (d."valido_ate" IS NULL) LIMIT 5;

SELECT * FROM (SELECT d."email", d."valido_de" AS de, d."valido_ate" AS ate, LEAD(d."valido_de") OVER (PARTITION BY d."email" ORDER BY d."valido_de") AS proxima FROM "dim_cliente" d WHERE d."cliente_id" <> -1 AND EXISTS (SELECT 1 FROM "dim_cliente" o WHERE o."valido_ate" IS NOT NULL AND o."email" = d."email")) v WHERE v.ate <= v.de OR v.ate <> v.proxima OR (v.ate IS NULL AND v.proxima IS NOT NULL) OR (v.ate IS NOT NULL AND v.proxima IS NULL) LIMIT 5;

COPY "dim_produto"
FROM 's3://balde/estrela/<uuid>/'
IAM_ROLE 'arn:aws:iam::123456789012:role/tslake'
FORMAT AS PARQUET;

COPY "dim_canal"
FROM 's3://balde/estrela/<uuid>/'
IAM_ROLE 'arn:aws:iam::123456789012:role/tslake'
FORMAT AS PARQUET;

COPY "dim_plataforma"
FROM 's3://balde/estrela/<uuid>/'
IAM_ROLE 'arn:aws:iam::123456789012:role/tslake'
FORMAT AS PARQUET;

COPY "dim_vendedor"
FROM 's3://balde/estrela/<uuid>/'
IAM_ROLE 'arn:aws:iam::123456789012:role/tslake'
FORMAT AS PARQUET;

COPY "dim_desconto"
FROM 's3://balde/estrela/<uuid>/'
IAM_ROLE 'arn:aws:iam::123456789012:role/tslake'
FORMAT AS PARQUET;

COPY "fato_vendas"
FROM 's3://balde/estrela/<uuid>/'
IAM_ROLE 'arn:aws:iam::123456789012:role/tslake'
FORMAT AS PARQUET;

SELECT 0 AS number, COUNT(*) AS keys, MIN("cliente_id") AS unknown, MIN(CASE WHEN "cliente_id" <> -1 THEN "cliente_id" END) AS first_key, MAX("cliente_id") AS last_key FROM (SELECT DISTINCT "cliente_id" FROM "dim_cliente") k0 UNION ALL SELECT 1 AS number, COUNT(*) AS keys, MIN("produto_id") AS unknown, MIN(CASE WHEN "produto_id" <> -1 THEN "produto_id" END) AS first_key, MAX("produto_id") AS last_key FROM (SELECT DISTINCT "produto_id" FROM "dim_produto") k1 UNION ALL SELECT 2 AS number, COUNT(*) AS keys, MIN("canal_id") AS unknown, MIN(CASE WHEN "canal_id" <> -1 THEN "canal_id" END) AS first_key, MAX("canal_id") AS last_key FROM (SELECT DISTINCT "canal_id" FROM "dim_canal") k2 UNION ALL SELECT 3 AS number, COUNT(*) AS keys, MIN("plataforma_id") AS unknown, MIN(CASE WHEN "plataforma_id" <> -1 THEN "plataforma_id" END) AS first_key, MAX("plataforma_id") AS last_key FROM (SELECT DISTINCT "plataforma_id" FROM "dim_plataforma") k3 UNION ALL SELECT 4 AS number, COUNT(*) AS keys, MIN("campanha_id") AS unknown, MIN(CASE WHEN "campanha_id" <> -1 THEN "campanha_id" END) AS first_key, MAX("campanha_id") AS last_key FROM (SELECT DISTINCT "campanha_id" FROM "dim_campanha") k4 UNION ALL SELECT 5 AS number, COUNT(*) AS keys, MIN("vendedor_id") AS unknown, MIN(CASE WHEN "vendedor_id" <> -1 THEN "vendedor_id" END) AS first_key, MAX("vendedor_id") AS last_key FROM (SELECT DISTINCT "vendedor_id" FROM "dim_vendedor") k5 UNION ALL SELECT 6 AS number, COUNT(*) AS keys, MIN("desconto_id") AS unknown, MIN(CASE WHEN "desconto_id" <> -1 THEN "desconto_id" END) AS first_key, MAX("desconto_id") AS last_key FROM (SELECT DISTINCT "desconto_id" FROM "dim_desconto") k6;

SELECT COUNT(*) - COUNT(CASE WHEN f."cliente_id" BETWEEN 1 AND 2 OR f."cliente_id" = -1 THEN 1 END) AS n0, COUNT(*) - COUNT(CASE WHEN f."produto_id" BETWEEN 1 AND 1 OR f."produto_id" = -1 THEN 1 END) AS n1, COUNT(*) - COUNT(CASE WHEN f."canal_id" BETWEEN 1 AND 1 OR f."canal_id" = -1 THEN 1 END) AS n2, COUNT(*) - COUNT(CASE WHEN f."plataforma_id" BETWEEN 1 AND 1 OR f."plataforma_id" = -1 THEN 1 END) AS n3, COUNT(*) - COUNT(d4."campanha_id") AS n4, COUNT(*) - COUNT(CASE WHEN f."vendedor_id" BETWEEN 1 AND 1 OR f."vendedor_id" = -1 THEN 1 END) AS n5, COUNT(*) - COUNT(CASE WHEN f."desconto_id" BETWEEN 1 AND 1 OR f."desconto_id" = -1 THEN 1 END) AS n6, COUNT(*) - COUNT(d7."data_id") AS n7 FROM "fato_vendas" f LEFT JOIN "dim_campanha" d4 ON d4."campanha_id" = f."campanha_id" LEFT JOIN "dim_data" d7 ON d7."data_id" = f."data_id";

SELECT COUNT(*) AS linhas, SUM("valor_da_compra") AS "valor_da_compra", SUM("valor_com_desconto") AS "valor_com_desconto" FROM "fato_vendas";

SELECT COUNT(*) - COUNT(d0."data_id") AS n0, COUNT(*) - COUNT(d1."data_id") AS n1 FROM "fato_gvm" f LEFT JOIN "dim_data" d0 ON d0."data_id" = f."data_id" LEFT JOIN "dim_data" d1 ON d1."data_id" = f."conhecido_em_id";

SELECT COUNT(*) AS linhas, SUM("valor_total") AS "valor_total", SUM(CAST("compras" AS decimal(38,0))) AS "compras" FROM "fato_gvm";

ANALYZE "dim_cliente";

ANALYZE "dim_produto";

ANALYZE "dim_canal";

ANALYZE "dim_plataforma";

ANALYZE "dim_campanha";

ANALYZE "dim_vendedor";

ANALYZE "dim_desconto";

ANALYZE "dim_data";

ANALYZE "fato_vendas";

ANALYZE "fato_gvm";

COMMENT ON TABLE "dim_cliente" IS 'Customer, by e-mail; a row for each time that name or telephone changed';

COMMENT ON COLUMN "dim_cliente"."cliente_id" IS 'Customer: surrogate key, the same for ever; -1 is não informado';

COMMENT ON COLUMN "dim_cliente"."email" IS 'E-mail of the customer';

COMMENT ON COLUMN "dim_cliente"."nome_completo" IS 'First and last name, each word with a capital';

COMMENT ON COLUMN "dim_cliente"."dominio_email" IS 'What follows the @ of the e-mail';

COMMENT ON COLUMN "dim_cliente"."telefone" IS 'Telephone of the customer';

COMMENT ON COLUMN "dim_cliente"."valido_de" IS 'Time of the first sale of this version';

COMMENT ON COLUMN "dim_cliente"."valido_ate" IS 'Time of the first sale of the next version, from which on this one is not valid; null while it is';

COMMENT ON COLUMN "dim_cliente"."atual" IS 'Whether this is the member''s last version';

COMMENT ON TABLE "dim_produto" IS 'Product';

COMMENT ON COLUMN "dim_produto"."produto_id" IS 'Product: surrogate key, the same for ever; -1 is não informado';

COMMENT ON COLUMN "dim_produto"."produto_adquirido" IS 'Product bought';

COMMENT ON TABLE "dim_canal" IS 'Sales channel';

COMMENT ON COLUMN "dim_canal"."canal_id" IS 'Sales channel: surrogate key, the same for ever; -1 is não informado';

COMMENT ON COLUMN "dim_canal"."canal" IS 'Sales channel';

COMMENT ON TABLE "dim_plataforma" IS 'Platform on which the customer was met';

COMMENT ON COLUMN "dim_plataforma"."plataforma_id" IS 'Platform on which the customer was met: surrogate key, the same for ever; -1 is não informado';

COMMENT ON COLUMN "dim_plataforma"."plataforma_de_interacao" IS 'Where the customer was met';

COMMENT ON TABLE "dim_campanha" IS 'Marketing campaign';

COMMENT ON COLUMN "dim_campanha"."campanha_id" IS 'Marketing campaign: surrogate key, the same for ever; -1 is não informado';

COMMENT ON COLUMN "dim_campanha"."campanha_de_marketing" IS 'Campaign that led to the sale';

COMMENT ON TABLE "dim_vendedor" IS 'Seller';

COMMENT ON COLUMN "dim_vendedor"."vendedor_id" IS 'Seller: surrogate key, the same for ever; -1 is não informado';

COMMENT ON COLUMN "dim_vendedor"."vendedor" IS 'Seller';

COMMENT ON TABLE "dim_desconto" IS 'Discount: a code and what it took off; one code may have given several discounts';

COMMENT ON COLUMN "dim_desconto"."desconto_id" IS 'Discount: surrogate key, the same for ever; -1 is não informado';

COMMENT ON COLUMN "dim_desconto"."codigo_de_desconto_usado" IS 'Discount code';

COMMENT ON COLUMN "dim_desconto"."desconto_oferecido" IS 'Discount as a share of the price: 0.11 is 11%';

COMMENT ON TABLE "dim_data" IS 'Day, with Brazil''s national holidays';

COMMENT ON COLUMN "dim_data"."data_id" IS 'The day as YYYYMMDD; -1 is não informado';

COMMENT ON COLUMN "dim_data"."data" IS 'The day';

COMMENT ON COLUMN "dim_data"."ano" IS 'Year';

COMMENT ON COLUMN "dim_data"."trimestre" IS 'Quarter, 1 to 4';

COMMENT ON COLUMN "dim_data"."mes" IS 'Month, 1 to 12';

COMMENT ON COLUMN "dim_data"."nome_mes" IS 'Name of the month';

COMMENT ON COLUMN "dim_data"."dia" IS 'Day of the month';

COMMENT ON COLUMN "dim_data"."dia_semana" IS 'Day of the week, 1 (Monday) to 7 (Sunday)';

COMMENT ON COLUMN "dim_data"."nome_dia_semana" IS 'Name of the day of the week';

COMMENT ON COLUMN "dim_data"."ano_iso" IS 'Year of the ISO week';

COMMENT ON COLUMN "dim_data"."semana_iso" IS 'ISO week, 1 to 53';

COMMENT ON COLUMN "dim_data"."fim_de_semana" IS 'Saturday or Sunday';

COMMENT ON COLUMN "dim_data"."feriado" IS 'National holiday';

COMMENT ON COLUMN "dim_data"."nome_feriado" IS 'Name of the national holiday';

COMMENT ON TABLE "fato_vendas" IS 'Multichannel sales; each row is one sale as registered by a channel';

COMMENT ON COLUMN "fato_vendas"."venda_id" IS 'Archived file and line of the sale''s first occurrence: its identity in this lake';

COMMENT ON COLUMN "fato_vendas"."timestamp_do_registro" IS 'When the channel registered the sale';

COMMENT ON COLUMN "fato_vendas"."ano" IS 'Year of the registration';

COMMENT ON COLUMN "fato_vendas"."turno_compra" IS 'Shift of the day: Madrugada before 6 h, Manhã before 12 h, Tarde before 18 h, then Noite';

COMMENT ON COLUMN "fato_vendas"."valor_da_compra" IS 'Price before discount, BRL';

COMMENT ON COLUMN "fato_vendas"."valor_com_desconto" IS 'Price after discount, rounded half up to cents, BRL';

COMMENT ON COLUMN "fato_vendas"."arquivo_de_origem" IS 'Archived name of the file, without extension';

COMMENT ON COLUMN "fato_vendas"."cliente_id" IS 'Customer: key of dim_cliente';

COMMENT ON COLUMN "fato_vendas"."produto_id" IS 'Product: key of dim_produto';

COMMENT ON COLUMN "fato_vendas"."canal_id" IS 'Sales channel: key of dim_canal';

COMMENT ON COLUMN "fato_vendas"."plataforma_id" IS 'Platform on which the customer was met: key of dim_plataforma';

COMMENT ON COLUMN "fato_vendas"."campanha_id" IS 'Marketing campaign: key of dim_campanha';

COMMENT ON COLUMN "fato_vendas"."vendedor_id" IS 'Seller: key of dim_vendedor';

COMMENT ON COLUMN "fato_vendas"."desconto_id" IS 'Discount: key of dim_desconto';

COMMENT ON COLUMN "fato_vendas"."data_id" IS 'Day: key of dim_data';

COMMENT ON TABLE "fato_gvm" IS 'Paid gross value of the marketplace, as known at any past day; each row is one state of a day, product and subsidiary, from the day on which it became known';

COMMENT ON COLUMN "fato_gvm"."data" IS 'Day of the order';

COMMENT ON COLUMN "fato_gvm"."codigo_do_produto" IS 'The product bought';

COMMENT ON COLUMN "fato_gvm"."subsidiaria" IS 'The subsidiary that sold; não informada while nobody knows it';

COMMENT ON COLUMN "fato_gvm"."versao" IS '1, 2, 3… of this day, product and subsidiary';

COMMENT ON COLUMN "fato_gvm"."conhecido_em" IS 'Logical day on which this state became known';

COMMENT ON COLUMN "fato_gvm"."valor_total" IS 'Paid gross value';

COMMENT ON COLUMN "fato_gvm"."compras" IS 'Number of paid purchases';

COMMENT ON COLUMN "fato_gvm"."data_id" IS 'Day: key of dim_data';

COMMENT ON COLUMN "fato_gvm"."conhecido_em_id" IS 'Day: key of dim_data';

CREATE VIEW "vw_vendas" AS
SELECT f.venda_id, f.timestamp_do_registro, d.data, d.ano, d.trimestre, d.mes, d.nome_mes, d.nome_dia_semana, d.fim_de_semana, d.feriado, d.nome_feriado, f.turno_compra, c.email, c.nome_completo, c.dominio_email, c.telefone, p.produto_adquirido, n.canal, l.plataforma_de_interacao, m.campanha_de_marketing, v.vendedor, x.codigo_de_desconto_usado, x.desconto_oferecido, f.valor_da_compra, f.valor_com_desconto, f.arquivo_de_origem,
  CAST(f.valor_da_compra - f.valor_com_desconto AS DECIMAL(18,2)) AS valor_do_desconto
FROM fato_vendas f
JOIN dim_data d ON d.data_id = f.data_id
JOIN dim_cliente c ON c.cliente_id = f.cliente_id
JOIN dim_produto p ON p.produto_id = f.produto_id
JOIN dim_canal n ON n.canal_id = f.canal_id
JOIN dim_plataforma l ON l.plataforma_id = f.plataforma_id
JOIN dim_campanha m ON m.campanha_id = f.campanha_id
JOIN dim_vendedor v ON v.vendedor_id = f.vendedor_id
JOIN dim_desconto x ON x.desconto_id = f.desconto_id;

CREATE VIEW "vw_faturamento_mensal_por_canal" AS
SELECT ano, mes, nome_mes, canal, COUNT(DISTINCT email) AS clientes, COUNT(*) AS vendas,
  CAST(SUM(valor_da_compra) AS DECIMAL(38,2)) AS valor_da_compra,
  CAST(SUM(valor_com_desconto) AS DECIMAL(38,2)) AS valor_com_desconto,
  CAST(CAST(((2 * CAST((SUM(valor_com_desconto)) * 10000 AS DECIMAL(38,0)) + SIGN(CAST((SUM(valor_com_desconto)) * 10000 AS DECIMAL(38,0))) * ABS(CAST((COUNT(*)) * 100 AS DECIMAL(38,0)))) - MOD((2 * CAST((SUM(valor_com_desconto)) * 10000 AS DECIMAL(38,0)) + SIGN(CAST((SUM(valor_com_desconto)) * 10000 AS DECIMAL(38,0))) * ABS(CAST((COUNT(*)) * 100 AS DECIMAL(38,0)))), (2 * CAST((COUNT(*)) * 100 AS DECIMAL(38,0))))) / (2 * CAST((COUNT(*)) * 100 AS DECIMAL(38,0))) AS DECIMAL(36,0)) * 0.01 AS DECIMAL(38,2)) AS ticket_medio
FROM vw_vendas
GROUP BY ano, mes, nome_mes, canal;

CREATE VIEW "vw_efeito_do_desconto" AS
SELECT codigo_de_desconto_usado, desconto_oferecido, COUNT(*) AS vendas,
  CAST(SUM(valor_da_compra) AS DECIMAL(38,2)) AS valor_da_compra,
  CAST(SUM(valor_com_desconto) AS DECIMAL(38,2)) AS valor_com_desconto,
  CAST(CAST(((2 * CAST((SUM(valor_com_desconto)) * 10000 AS DECIMAL(38,0)) + SIGN(CAST((SUM(valor_com_desconto)) * 10000 AS DECIMAL(38,0))) * ABS(CAST((COUNT(*)) * 100 AS DECIMAL(38,0)))) - MOD((2 * CAST((SUM(valor_com_desconto)) * 10000 AS DECIMAL(38,0)) + SIGN(CAST((SUM(valor_com_desconto)) * 10000 AS DECIMAL(38,0))) * ABS(CAST((COUNT(*)) * 100 AS DECIMAL(38,0)))), (2 * CAST((COUNT(*)) * 100 AS DECIMAL(38,0))))) / (2 * CAST((COUNT(*)) * 100 AS DECIMAL(38,0))) AS DECIMAL(36,0)) * 0.01 AS DECIMAL(38,2)) AS ticket_medio,
  CAST(SUM(valor_do_desconto) AS DECIMAL(38,2)) AS valor_do_desconto,
  CAST(CAST(((2 * CAST((SUM(valor_da_compra)) * 10000 AS DECIMAL(38,0)) + SIGN(CAST((SUM(valor_da_compra)) * 10000 AS DECIMAL(38,0))) * ABS(CAST((COUNT(*)) * 100 AS DECIMAL(38,0)))) - MOD((2 * CAST((SUM(valor_da_compra)) * 10000 AS DECIMAL(38,0)) + SIGN(CAST((SUM(valor_da_compra)) * 10000 AS DECIMAL(38,0))) * ABS(CAST((COUNT(*)) * 100 AS DECIMAL(38,0)))), (2 * CAST((COUNT(*)) * 100 AS DECIMAL(38,0))))) / (2 * CAST((COUNT(*)) * 100 AS DECIMAL(38,0))) AS DECIMAL(36,0)) * 0.01 AS DECIMAL(38,2)) AS ticket_medio_sem_desconto,
  CAST(CAST(((2 * CAST((SUM(valor_do_desconto)) * 100000000 AS DECIMAL(38,0)) + SIGN(CAST((SUM(valor_do_desconto)) * 100000000 AS DECIMAL(38,0))) * ABS(CAST((NULLIF(SUM(valor_da_compra), 0)) * 100 AS DECIMAL(38,0)))) - MOD((2 * CAST((SUM(valor_do_desconto)) * 100000000 AS DECIMAL(38,0)) + SIGN(CAST((SUM(valor_do_desconto)) * 100000000 AS DECIMAL(38,0))) * ABS(CAST((NULLIF(SUM(valor_da_compra), 0)) * 100 AS DECIMAL(38,0)))), (2 * CAST((NULLIF(SUM(valor_da_compra), 0)) * 100 AS DECIMAL(38,0))))) / (2 * CAST((NULLIF(SUM(valor_da_compra), 0)) * 100 AS DECIMAL(38,0))) AS DECIMAL(32,0)) * 0.000001 AS DECIMAL(38,6)) AS desconto_efetivo
FROM vw_vendas
GROUP BY codigo_de_desconto_usado, desconto_oferecido;

CREATE VIEW "vw_clientes_por_dominio_e_turno" AS
SELECT dominio_email, turno_compra, COUNT(DISTINCT email) AS clientes, COUNT(*) AS vendas,
  CAST(SUM(valor_da_compra) AS DECIMAL(38,2)) AS valor_da_compra,
  CAST(SUM(valor_com_desconto) AS DECIMAL(38,2)) AS valor_com_desconto,
  CAST(CAST(((2 * CAST((SUM(valor_com_desconto)) * 10000 AS DECIMAL(38,0)) + SIGN(CAST((SUM(valor_com_desconto)) * 10000 AS DECIMAL(38,0))) * ABS(CAST((COUNT(*)) * 100 AS DECIMAL(38,0)))) - MOD((2 * CAST((SUM(valor_com_desconto)) * 10000 AS DECIMAL(38,0)) + SIGN(CAST((SUM(valor_com_desconto)) * 10000 AS DECIMAL(38,0))) * ABS(CAST((COUNT(*)) * 100 AS DECIMAL(38,0)))), (2 * CAST((COUNT(*)) * 100 AS DECIMAL(38,0))))) / (2 * CAST((COUNT(*)) * 100 AS DECIMAL(38,0))) AS DECIMAL(36,0)) * 0.01 AS DECIMAL(38,2)) AS ticket_medio
FROM vw_vendas
GROUP BY dominio_email, turno_compra;

CREATE VIEW "vw_gvm_conhecido" AS
SELECT data, codigo_do_produto, subsidiaria, versao, conhecido_em AS conhecido_de,
  LEAD(conhecido_em) OVER (PARTITION BY data, codigo_do_produto, subsidiaria ORDER BY versao) AS conhecido_ate,
  valor_total, compras
FROM fato_gvm;

CREATE VIEW "vw_gvm_atual" AS
SELECT data, codigo_do_produto, subsidiaria, versao, conhecido_de, valor_total, compras
FROM vw_gvm_conhecido
WHERE conhecido_ate IS NULL;

COMMENT ON VIEW "vw_vendas" IS 'Sales with everything that is known of them: one row per sale, the customer as at the time of the sale';

COMMENT ON COLUMN "vw_vendas"."venda_id" IS 'Archived file and line of the sale''s first occurrence: its identity in this lake';

COMMENT ON COLUMN "vw_vendas"."timestamp_do_registro" IS 'When the channel registered the sale';

COMMENT ON COLUMN "vw_vendas"."data" IS 'The day';

COMMENT ON COLUMN "vw_vendas"."ano" IS 'Year';

COMMENT ON COLUMN "vw_vendas"."trimestre" IS 'Quarter, 1 to 4';

COMMENT ON COLUMN "vw_vendas"."mes" IS 'Month, 1 to 12';

COMMENT ON COLUMN "vw_vendas"."nome_mes" IS 'Name of the month';

COMMENT ON COLUMN "vw_vendas"."nome_dia_semana" IS 'Name of the day of the week';

COMMENT ON COLUMN "vw_vendas"."fim_de_semana" IS 'Saturday or Sunday';

COMMENT ON COLUMN "vw_vendas"."feriado" IS 'National holiday';

COMMENT ON COLUMN "vw_vendas"."nome_feriado" IS 'Name of the national holiday';

COMMENT ON COLUMN "vw_vendas"."turno_compra" IS 'Shift of the day: Madrugada before 6 h, Manhã before 12 h, Tarde before 18 h, then Noite';

COMMENT ON COLUMN "vw_vendas"."email" IS 'E-mail of the customer';

COMMENT ON COLUMN "vw_vendas"."nome_completo" IS 'First and last name, each word with a capital';

COMMENT ON COLUMN "vw_vendas"."dominio_email" IS 'What follows the @ of the e-mail';

COMMENT ON COLUMN "vw_vendas"."telefone" IS 'Telephone of the customer';

COMMENT ON COLUMN "vw_vendas"."produto_adquirido" IS 'Product bought';

COMMENT ON COLUMN "vw_vendas"."canal" IS 'Sales channel';

COMMENT ON COLUMN "vw_vendas"."plataforma_de_interacao" IS 'Where the customer was met';

COMMENT ON COLUMN "vw_vendas"."campanha_de_marketing" IS 'Campaign that led to the sale';

COMMENT ON COLUMN "vw_vendas"."vendedor" IS 'Seller';

COMMENT ON COLUMN "vw_vendas"."codigo_de_desconto_usado" IS 'Discount code';

COMMENT ON COLUMN "vw_vendas"."desconto_oferecido" IS 'Discount as a share of the price: 0.11 is 11%';

COMMENT ON COLUMN "vw_vendas"."valor_da_compra" IS 'Price before discount, BRL';

COMMENT ON COLUMN "vw_vendas"."valor_com_desconto" IS 'Price after discount, rounded half up to cents, BRL';

COMMENT ON COLUMN "vw_vendas"."arquivo_de_origem" IS 'Archived name of the file, without extension';

COMMENT ON COLUMN "vw_vendas"."valor_do_desconto" IS 'What the discount took off the price, BRL';

COMMENT ON VIEW "vw_faturamento_mensal_por_canal" IS 'Revenue by month and sales channel';

COMMENT ON COLUMN "vw_faturamento_mensal_por_canal"."ano" IS 'Year';

COMMENT ON COLUMN "vw_faturamento_mensal_por_canal"."mes" IS 'Month, 1 to 12';

COMMENT ON COLUMN "vw_faturamento_mensal_por_canal"."nome_mes" IS 'Name of the month';

COMMENT ON COLUMN "vw_faturamento_mensal_por_canal"."canal" IS 'Sales channel';

COMMENT ON COLUMN "vw_faturamento_mensal_por_canal"."clientes" IS 'Number of different customers, by e-mail';

COMMENT ON COLUMN "vw_faturamento_mensal_por_canal"."vendas" IS 'Number of sales';

COMMENT ON COLUMN "vw_faturamento_mensal_por_canal"."valor_da_compra" IS 'Sum of the prices before discount, BRL';

COMMENT ON COLUMN "vw_faturamento_mensal_por_canal"."valor_com_desconto" IS 'Revenue: sum of the prices after discount, BRL';

COMMENT ON COLUMN "vw_faturamento_mensal_por_canal"."ticket_medio" IS 'Revenue per sale, rounded half up to cents, BRL';

COMMENT ON VIEW "vw_efeito_do_desconto" IS 'What each discount brought and cost';

COMMENT ON COLUMN "vw_efeito_do_desconto"."codigo_de_desconto_usado" IS 'Discount code';

COMMENT ON COLUMN "vw_efeito_do_desconto"."desconto_oferecido" IS 'Discount as a share of the price: 0.11 is 11%';

COMMENT ON COLUMN "vw_efeito_do_desconto"."vendas" IS 'Number of sales';

COMMENT ON COLUMN "vw_efeito_do_desconto"."valor_da_compra" IS 'Sum of the prices before discount, BRL';

COMMENT ON COLUMN "vw_efeito_do_desconto"."valor_com_desconto" IS 'Revenue: sum of the prices after discount, BRL';

COMMENT ON COLUMN "vw_efeito_do_desconto"."ticket_medio" IS 'Revenue per sale, rounded half up to cents, BRL';

COMMENT ON COLUMN "vw_efeito_do_desconto"."valor_do_desconto" IS 'What the discount took off the prices, BRL';

COMMENT ON COLUMN "vw_efeito_do_desconto"."ticket_medio_sem_desconto" IS 'Price before discount per sale, rounded half up to cents, BRL';

COMMENT ON COLUMN "vw_efeito_do_desconto"."desconto_efetivo" IS 'What it took off, as a share of the prices: 0.110000 is 11%';

COMMENT ON VIEW "vw_clientes_por_dominio_e_turno" IS 'Customers by the domain of their e-mail and the shift in which they bought; one who bought in two is in both';

COMMENT ON COLUMN "vw_clientes_por_dominio_e_turno"."dominio_email" IS 'What follows the @ of the e-mail';

COMMENT ON COLUMN "vw_clientes_por_dominio_e_turno"."turno_compra" IS 'Shift of the day: Madrugada before 6 h, Manhã before 12 h, Tarde before 18 h, then Noite';

COMMENT ON COLUMN "vw_clientes_por_dominio_e_turno"."clientes" IS 'Number of different customers, by e-mail';

COMMENT ON COLUMN "vw_clientes_por_dominio_e_turno"."vendas" IS 'Number of sales';

COMMENT ON COLUMN "vw_clientes_por_dominio_e_turno"."valor_da_compra" IS 'Sum of the prices before discount, BRL';

COMMENT ON COLUMN "vw_clientes_por_dominio_e_turno"."valor_com_desconto" IS 'Revenue: sum of the prices after discount, BRL';

COMMENT ON COLUMN "vw_clientes_por_dominio_e_turno"."ticket_medio" IS 'Revenue per sale, rounded half up to cents, BRL';

COMMENT ON VIEW "vw_gvm_conhecido" IS 'Paid gross value with the days during which each state was what was known. As known at day K: WHERE conhecido_de <= K AND (conhecido_ate > K OR conhecido_ate IS NULL)';

COMMENT ON COLUMN "vw_gvm_conhecido"."data" IS 'Day of the order';

COMMENT ON COLUMN "vw_gvm_conhecido"."codigo_do_produto" IS 'The product bought';

COMMENT ON COLUMN "vw_gvm_conhecido"."subsidiaria" IS 'The subsidiary that sold';

COMMENT ON COLUMN "vw_gvm_conhecido"."versao" IS '1, 2, 3… of this day, product and subsidiary';

COMMENT ON COLUMN "vw_gvm_conhecido"."conhecido_de" IS 'Day from which on this state was known';

COMMENT ON COLUMN "vw_gvm_conhecido"."valor_total" IS 'Paid gross value';

COMMENT ON COLUMN "vw_gvm_conhecido"."compras" IS 'Number of paid purchases';

COMMENT ON COLUMN "vw_gvm_conhecido"."conhecido_ate" IS 'Day from which on another state was known; null while this one is';

COMMENT ON VIEW "vw_gvm_atual" IS 'Paid gross value as it is known now: one row per day, product and subsidiary';

COMMENT ON COLUMN "vw_gvm_atual"."data" IS 'Day of the order';

COMMENT ON COLUMN "vw_gvm_atual"."codigo_do_produto" IS 'The product bought';

COMMENT ON COLUMN "vw_gvm_atual"."subsidiaria" IS 'The subsidiary that sold';

COMMENT ON COLUMN "vw_gvm_atual"."versao" IS '1, 2, 3… of this day, product and subsidiary';

COMMENT ON COLUMN "vw_gvm_atual"."conhecido_de" IS 'Day from which on this state was known';

COMMENT ON COLUMN "vw_gvm_atual"."valor_total" IS 'Paid gross value';

COMMENT ON COLUMN "vw_gvm_atual"."compras" IS 'Number of paid purchases';

DELETE FROM "tslake_cargas" WHERE estrela = 'warehouse.vendas';

INSERT INTO "tslake_cargas" VALUES ('warehouse.vendas', 1, '{"gold.vendas":{<source>,<source>,"commit":"<uuid>"},"gold.chaves_cliente":{<source>,<source>,"commit":"<uuid>"},"gold.chaves_produto":{<source>,<source>,"commit":"<uuid>"},"gold.chaves_canal":{<source>,<source>,"commit":"<uuid>"},"gold.chaves_plataforma":{<source>,<source>,"commit":"<uuid>"},"gold.chaves_vendedor":{<source>,<source>,"commit":"<uuid>"},"gold.chaves_desconto":{<source>,<source>,"commit":"<uuid>"}}', '{"dim_cliente":"<digest>","dim_produto":"<digest>","dim_canal":"<digest>","dim_plataforma":"<digest>","dim_campanha":"<digest>","dim_vendedor":"<digest>","dim_desconto":"<digest>","dim_data":"<digest>","fato_vendas":"<digest>","fato_gvm":"<digest>","vw_vendas":"<digest>","vw_faturamento_mensal_por_canal":"<digest>","vw_efeito_do_desconto":"<digest>","vw_clientes_por_dominio_e_turno":"<digest>","vw_gvm_conhecido":"<digest>","vw_gvm_atual":"<digest>"}', NULL, NULL, TIMESTAMP '<now>');

SELECT (SELECT COUNT(*) FROM "dim_cliente") AS "dim_cliente", (SELECT COUNT(*) FROM "dim_produto") AS "dim_produto", (SELECT COUNT(*) FROM "dim_canal") AS "dim_canal", (SELECT COUNT(*) FROM "dim_plataforma") AS "dim_plataforma", (SELECT COUNT(*) FROM "dim_campanha") AS "dim_campanha", (SELECT COUNT(*) FROM "dim_vendedor") AS "dim_vendedor", (SELECT COUNT(*) FROM "dim_desconto") AS "dim_desconto", (SELECT COUNT(*) FROM "dim_data") AS "dim_data";

COMMIT;

BEGIN READ ONLY;

SELECT table_name, column_name FROM svv_columns WHERE table_schema = current_schema() ORDER BY table_name, ordinal_position;

SELECT "estrela", "carga", "fontes", "definicoes", "passo", "execucao", "carregada_em" FROM "tslake_cargas" ORDER BY 1;

ROLLBACK;

BEGIN;

SELECT table_name, column_name FROM svv_columns WHERE table_schema = current_schema() ORDER BY table_name, ordinal_position;

LOCK "tslake_cargas";

SELECT table_name, column_name FROM svv_columns WHERE table_schema = current_schema() ORDER BY table_name, ordinal_position;

SELECT "estrela", "carga", "fontes", "definicoes", "passo", "execucao", "carregada_em" FROM "tslake_cargas" ORDER BY 1;

SELECT DISTINCT CAST(FLOOR("data_id" / 10000) AS INTEGER) AS year FROM "dim_data" WHERE "data_id" > 0;

CREATE TEMP TABLE "tslake_dim_cliente" (
  "cliente_id" BIGINT ENCODE AZ64 NOT NULL,
  "email" VARCHAR(65535) ENCODE ZSTD,
  "nome_completo" VARCHAR(65535) ENCODE ZSTD,
  "dominio_email" VARCHAR(65535) ENCODE ZSTD,
  "telefone" VARCHAR(65535) ENCODE ZSTD,
  "valido_de" TIMESTAMP ENCODE AZ64,
  "valido_ate" TIMESTAMP ENCODE AZ64,
  "atual" BOOLEAN ENCODE RAW NOT NULL
)
DISTSTYLE EVEN;

COPY "tslake_dim_cliente"
FROM 's3://balde/estrela/<uuid>/'
IAM_ROLE 'arn:aws:iam::123456789012:role/tslake'
FORMAT AS PARQUET;

SELECT "cliente_id" FROM "dim_cliente" WHERE EXISTS (SELECT 1 FROM "tslake_dim_cliente" s WHERE s."email" = "dim_cliente"."email") AND NOT EXISTS (SELECT 1 FROM "tslake_dim_cliente" k WHERE k."cliente_id" = "dim_cliente"."cliente_id");

DELETE FROM "dim_cliente" WHERE EXISTS (SELECT 1 FROM "tslake_dim_cliente" s WHERE s."email" = "dim_cliente"."email");

INSERT INTO "dim_cliente" ("cliente_id", "email", "nome_completo", "dominio_email", "telefone", "valido_de", "valido_ate", "atual") SELECT "cliente_id", "email", "nome_completo", "dominio_email", "telefone", "valido_de", "valido_ate", "atual" FROM "tslake_dim_cliente";

SELECT d."email" FROM "tslake_dim_cliente" d WHERE d."cliente_id" <> -1 AND d."atual" GROUP BY d."email" HAVING COUNT(*) <> 1 LIMIT 5;

SELECT d."email" FROM "tslake_dim_cliente" d WHERE d."cliente_id" <> -1 AND d."atual" <> (d."valido_ate" IS NULL) LIMIT 5;

SELECT * FROM (SELECT d."email", d."valido_de" AS de, d."valido_ate" AS ate, LEAD(d."valido_de") OVER (PARTITION BY d."email" ORDER BY d."valido_de") AS proxima FROM "tslake_dim_cliente" d WHERE d."cliente_id" <> -1 AND EXISTS (SELECT 1 FROM "tslake_dim_cliente" o WHERE o."valido_ate" IS NOT NULL AND o."email" = d."email")) v WHERE v.ate <= v.de OR v.ate <> v.proxima OR (v.ate IS NULL AND v.proxima IS NOT NULL) OR (v.ate IS NOT NULL AND v.proxima IS NULL) LIMIT 5;

CREATE TEMP TABLE "tslake_fato_vendas_cliente_id" (
  "venda_id" VARCHAR(65535) ENCODE ZSTD NOT NULL,
  "cliente_id" BIGINT ENCODE AZ64 NOT NULL
)
DISTSTYLE EVEN;

COPY "tslake_fato_vendas_cliente_id"
FROM 's3://balde/estrela/<uuid>/'
IAM_ROLE 'arn:aws:iam::123456789012:role/tslake'
FORMAT AS PARQUET;

UPDATE "fato_vendas" SET "cliente_id" = s."cliente_id" FROM "tslake_fato_vendas_cliente_id" s WHERE s."venda_id" = "fato_vendas"."venda_id" AND "fato_vendas"."cliente_id" <> s."cliente_id";

CREATE TEMP TABLE "tslake_dim_produto" (
  "produto_id" BIGINT ENCODE AZ64 NOT NULL,
  "produto_adquirido" VARCHAR(65535) ENCODE ZSTD
)
DISTSTYLE EVEN;

COPY "tslake_dim_produto"
FROM 's3://balde/estrela/<uuid>/'
IAM_ROLE 'arn:aws:iam::123456789012:role/tslake'
FORMAT AS PARQUET;

DELETE FROM "dim_produto" WHERE EXISTS (SELECT 1 FROM "tslake_dim_produto" s WHERE s."produto_id" = "dim_produto"."produto_id");

INSERT INTO "dim_produto" ("produto_id", "produto_adquirido") SELECT "produto_id", "produto_adquirido" FROM "tslake_dim_produto";

CREATE TEMP TABLE "tslake_dim_canal" (
  "canal_id" BIGINT ENCODE AZ64 NOT NULL,
  "canal" VARCHAR(65535) ENCODE ZSTD
)
DISTSTYLE EVEN;

COPY "tslake_dim_canal"
FROM 's3://balde/estrela/<uuid>/'
IAM_ROLE 'arn:aws:iam::123456789012:role/tslake'
FORMAT AS PARQUET;

DELETE FROM "dim_canal" WHERE EXISTS (SELECT 1 FROM "tslake_dim_canal" s WHERE s."canal_id" = "dim_canal"."canal_id");

INSERT INTO "dim_canal" ("canal_id", "canal") SELECT "canal_id", "canal" FROM "tslake_dim_canal";

CREATE TEMP TABLE "tslake_dim_plataforma" (
  "plataforma_id" BIGINT ENCODE AZ64 NOT NULL,
  "plataforma_de_interacao" VARCHAR(65535) ENCODE ZSTD
)
DISTSTYLE EVEN;

COPY "tslake_dim_plataforma"
FROM 's3://balde/estrela/<uuid>/'
IAM_ROLE 'arn:aws:iam::123456789012:role/tslake'
FORMAT AS PARQUET;

DELETE FROM "dim_plataforma" WHERE EXISTS (SELECT 1 FROM "tslake_dim_plataforma" s WHERE s."plataforma_id" = "dim_plataforma"."plataforma_id");

INSERT INTO "dim_plataforma" ("plataforma_id", "plataforma_de_interacao") SELECT "plataforma_id", "plataforma_de_interacao" FROM "tslake_dim_plataforma";

CREATE TEMP TABLE "tslake_dim_campanha" (
  "campanha_id" BIGINT ENCODE AZ64 NOT NULL,
  "campanha_de_marketing" VARCHAR(65535) ENCODE ZSTD
)
DISTSTYLE EVEN;

DELETE FROM "dim_campanha" WHERE EXISTS (SELECT 1 FROM "tslake_dim_campanha" s WHERE s."campanha_id" = "dim_campanha"."campanha_id");

INSERT INTO "dim_campanha" ("campanha_id", "campanha_de_marketing") SELECT "campanha_id", "campanha_de_marketing" FROM "tslake_dim_campanha";

CREATE TEMP TABLE "tslake_dim_vendedor" (
  "vendedor_id" BIGINT ENCODE AZ64 NOT NULL,
  "vendedor" VARCHAR(65535) ENCODE ZSTD
)
DISTSTYLE EVEN;

COPY "tslake_dim_vendedor"
FROM 's3://balde/estrela/<uuid>/'
IAM_ROLE 'arn:aws:iam::123456789012:role/tslake'
FORMAT AS PARQUET;

DELETE FROM "dim_vendedor" WHERE EXISTS (SELECT 1 FROM "tslake_dim_vendedor" s WHERE s."vendedor_id" = "dim_vendedor"."vendedor_id");

INSERT INTO "dim_vendedor" ("vendedor_id", "vendedor") SELECT "vendedor_id", "vendedor" FROM "tslake_dim_vendedor";

CREATE TEMP TABLE "tslake_dim_desconto" (
  "desconto_id" BIGINT ENCODE AZ64 NOT NULL,
  "codigo_de_desconto_usado" VARCHAR(65535) ENCODE ZSTD,
  "desconto_oferecido" DECIMAL(9,6) ENCODE AZ64
)
DISTSTYLE EVEN;

COPY "tslake_dim_desconto"
FROM 's3://balde/estrela/<uuid>/'
IAM_ROLE 'arn:aws:iam::123456789012:role/tslake'
FORMAT AS PARQUET;

DELETE FROM "dim_desconto" WHERE EXISTS (SELECT 1 FROM "tslake_dim_desconto" s WHERE s."desconto_id" = "dim_desconto"."desconto_id");

INSERT INTO "dim_desconto" ("desconto_id", "codigo_de_desconto_usado", "desconto_oferecido") SELECT "desconto_id", "codigo_de_desconto_usado", "desconto_oferecido" FROM "tslake_dim_desconto";

CREATE TEMP TABLE "tslake_fato_vendas" (
  "venda_id" VARCHAR(65535) ENCODE ZSTD NOT NULL,
  "timestamp_do_registro" TIMESTAMP ENCODE AZ64 NOT NULL,
  "ano" INTEGER ENCODE AZ64 NOT NULL,
  "turno_compra" VARCHAR(65535) ENCODE ZSTD NOT NULL,
  "valor_da_compra" DECIMAL(18,2) ENCODE AZ64 NOT NULL,
  "valor_com_desconto" DECIMAL(18,2) ENCODE AZ64 NOT NULL,
  "arquivo_de_origem" VARCHAR(65535) ENCODE ZSTD NOT NULL,
  "cliente_id" BIGINT ENCODE AZ64 NOT NULL,
  "produto_id" BIGINT ENCODE AZ64 NOT NULL,
  "canal_id" BIGINT ENCODE AZ64 NOT NULL,
  "plataforma_id" BIGINT ENCODE AZ64 NOT NULL,
  "campanha_id" BIGINT ENCODE AZ64 NOT NULL,
  "vendedor_id" BIGINT ENCODE AZ64 NOT NULL,
  "desconto_id" BIGINT ENCODE AZ64 NOT NULL,
  "data_id" INTEGER ENCODE AZ64 NOT NULL
)
DISTSTYLE EVEN;

COPY "tslake_fato_vendas"
FROM 's3://balde/estrela/<uuid>/'
IAM_ROLE 'arn:aws:iam::123456789012:role/tslake'
FORMAT AS PARQUET;

SELECT COUNT(*) - COUNT(d0."cliente_id") AS n0, COUNT(*) - COUNT(d1."produto_id") AS n1, COUNT(*) - COUNT(d2."canal_id") AS n2, COUNT(*) - COUNT(d3."plataforma_id") AS n3, COUNT(*) - COUNT(d4."campanha_id") AS n4, COUNT(*) - COUNT(d5."vendedor_id") AS n5, COUNT(*) - COUNT(d6."desconto_id") AS n6, COUNT(*) - COUNT(d7."data_id") AS n7 FROM "tslake_fato_vendas" f LEFT JOIN "dim_cliente" d0 ON d0."cliente_id" = f."cliente_id" LEFT JOIN "dim_produto" d1 ON d1."produto_id" = f."produto_id" LEFT JOIN "dim_canal" d2 ON d2."canal_id" = f."canal_id" LEFT JOIN "dim_plataforma" d3 ON d3."plataforma_id" = f."plataforma_id" LEFT JOIN "dim_campanha" d4 ON d4."campanha_id" = f."campanha_id" LEFT JOIN "dim_vendedor" d5 ON d5."vendedor_id" = f."vendedor_id" LEFT JOIN "dim_desconto" d6 ON d6."desconto_id" = f."desconto_id" LEFT JOIN "dim_data" d7 ON d7."data_id" = f."data_id";

INSERT INTO "fato_vendas" ("venda_id", "timestamp_do_registro", "ano", "turno_compra", "valor_da_compra", "valor_com_desconto", "arquivo_de_origem", "cliente_id", "produto_id", "canal_id", "plataforma_id", "campanha_id", "vendedor_id", "desconto_id", "data_id") SELECT "venda_id", "timestamp_do_registro", "ano", "turno_compra", "valor_da_compra", "valor_com_desconto", "arquivo_de_origem", "cliente_id", "produto_id", "canal_id", "plataforma_id", "campanha_id", "vendedor_id", "desconto_id", "data_id" FROM "tslake_fato_vendas";

SELECT COUNT(*) AS linhas, SUM("valor_da_compra") AS "valor_da_compra", SUM("valor_com_desconto") AS "valor_com_desconto" FROM "fato_vendas";

CREATE TEMP TABLE "tslake_fato_gvm" (
  "data" DATE ENCODE AZ64 NOT NULL,
  "codigo_do_produto" BIGINT ENCODE AZ64 NOT NULL,
  "subsidiaria" VARCHAR(65535) ENCODE ZSTD NOT NULL,
  "versao" BIGINT ENCODE AZ64 NOT NULL,
  "conhecido_em" DATE ENCODE AZ64 NOT NULL,
  "valor_total" DECIMAL(18,2) ENCODE AZ64 NOT NULL,
  "compras" BIGINT ENCODE AZ64 NOT NULL,
  "data_id" INTEGER ENCODE AZ64 NOT NULL,
  "conhecido_em_id" INTEGER ENCODE AZ64 NOT NULL
)
DISTSTYLE EVEN;

SELECT COUNT(*) - COUNT(d0."data_id") AS n0, COUNT(*) - COUNT(d1."data_id") AS n1 FROM "tslake_fato_gvm" f LEFT JOIN "dim_data" d0 ON d0."data_id" = f."data_id" LEFT JOIN "dim_data" d1 ON d1."data_id" = f."conhecido_em_id";

INSERT INTO "fato_gvm" ("data", "codigo_do_produto", "subsidiaria", "versao", "conhecido_em", "valor_total", "compras", "data_id", "conhecido_em_id") SELECT "data", "codigo_do_produto", "subsidiaria", "versao", "conhecido_em", "valor_total", "compras", "data_id", "conhecido_em_id" FROM "tslake_fato_gvm";

SELECT COUNT(*) AS linhas, SUM("valor_total") AS "valor_total", SUM(CAST("compras" AS decimal(38,0))) AS "compras" FROM "fato_gvm";

DELETE FROM "tslake_cargas" WHERE estrela = 'warehouse.vendas';

INSERT INTO "tslake_cargas" VALUES ('warehouse.vendas', 2, '{"gold.vendas":{<source>,<source>,"commit":"<uuid>"},"gold.chaves_cliente":{<source>,<source>,"commit":"<uuid>"},"gold.chaves_produto":{<source>,<source>,"commit":"<uuid>"},"gold.chaves_canal":{<source>,<source>,"commit":"<uuid>"},"gold.chaves_plataforma":{<source>,<source>,"commit":"<uuid>"},"gold.chaves_vendedor":{<source>,<source>,"commit":"<uuid>"},"gold.chaves_desconto":{<source>,<source>,"commit":"<uuid>"}}', '{"dim_cliente":"<digest>","dim_produto":"<digest>","dim_canal":"<digest>","dim_plataforma":"<digest>","dim_campanha":"<digest>","dim_vendedor":"<digest>","dim_desconto":"<digest>","dim_data":"<digest>","fato_vendas":"<digest>","fato_gvm":"<digest>","vw_vendas":"<digest>","vw_faturamento_mensal_por_canal":"<digest>","vw_efeito_do_desconto":"<digest>","vw_clientes_por_dominio_e_turno":"<digest>","vw_gvm_conhecido":"<digest>","vw_gvm_atual":"<digest>"}', NULL, NULL, TIMESTAMP '<now>');

SELECT (SELECT COUNT(*) FROM "dim_cliente") AS "dim_cliente", (SELECT COUNT(*) FROM "dim_produto") AS "dim_produto", (SELECT COUNT(*) FROM "dim_canal") AS "dim_canal", (SELECT COUNT(*) FROM "dim_plataforma") AS "dim_plataforma", (SELECT COUNT(*) FROM "dim_campanha") AS "dim_campanha", (SELECT COUNT(*) FROM "dim_vendedor") AS "dim_vendedor", (SELECT COUNT(*) FROM "dim_desconto") AS "dim_desconto", (SELECT COUNT(*) FROM "dim_data") AS "dim_data";

COMMIT;

BEGIN READ ONLY;

SELECT table_name, column_name FROM svv_columns WHERE table_schema = current_schema() ORDER BY table_name, ordinal_position;

SELECT "estrela", "carga", "fontes", "definicoes", "passo", "execucao", "carregada_em" FROM "tslake_cargas" ORDER BY 1;

ROLLBACK;

BEGIN;

SELECT table_name, column_name FROM svv_columns WHERE table_schema = current_schema() ORDER BY table_name, ordinal_position;

LOCK "tslake_cargas";

SELECT table_name, column_name FROM svv_columns WHERE table_schema = current_schema() ORDER BY table_name, ordinal_position;

SELECT "estrela", "carga", "fontes", "definicoes", "passo", "execucao", "carregada_em" FROM "tslake_cargas" ORDER BY 1;

DELETE FROM "dim_cliente";

DELETE FROM "dim_produto";

DELETE FROM "dim_canal";

DELETE FROM "dim_plataforma";

DELETE FROM "dim_campanha";

DELETE FROM "dim_vendedor";

DELETE FROM "dim_desconto";

DELETE FROM "dim_data";

DELETE FROM "fato_vendas";

DELETE FROM "fato_gvm";

INSERT INTO "dim_cliente" ("cliente_id", "email", "nome_completo", "dominio_email", "telefone", "valido_de", "valido_ate", "atual") VALUES (-1, 'não informado', 'não informado', 'não informado', 'não informado', NULL, NULL, TRUE);

INSERT INTO "dim_produto" ("produto_id", "produto_adquirido") VALUES (-1, 'não informado');

INSERT INTO "dim_canal" ("canal_id", "canal") VALUES (-1, 'não informado');

INSERT INTO "dim_plataforma" ("plataforma_id", "plataforma_de_interacao") VALUES (-1, 'não informado');

INSERT INTO "dim_campanha" ("campanha_id", "campanha_de_marketing") VALUES (-1, 'não informado');

INSERT INTO "dim_vendedor" ("vendedor_id", "vendedor") VALUES (-1, 'não informado');

INSERT INTO "dim_desconto" ("desconto_id", "codigo_de_desconto_usado", "desconto_oferecido") VALUES (-1, 'não informado', NULL);

INSERT INTO "dim_data" ("data_id", "data", "ano", "trimestre", "mes", "nome_mes", "dia", "dia_semana", "nome_dia_semana", "ano_iso", "semana_iso", "fim_de_semana", "feriado", "nome_feriado") VALUES (-1, NULL, NULL, NULL, NULL, 'não informado', NULL, NULL, 'não informado', NULL, NULL, NULL, NULL, 'não informado');

SELECT DISTINCT CAST(FLOOR("data_id" / 10000) AS INTEGER) AS year FROM "dim_data" WHERE "data_id" > 0;

COPY "dim_data"
FROM 's3://balde/estrela/<uuid>/'
IAM_ROLE 'arn:aws:iam::123456789012:role/tslake'
FORMAT AS PARQUET;

COPY "dim_cliente"
FROM 's3://balde/estrela/<uuid>/'
IAM_ROLE 'arn:aws:iam::123456789012:role/tslake'
FORMAT AS PARQUET;

SELECT d."email" FROM "dim_cliente" d WHERE d."cliente_id" <> -1 AND d."atual" GROUP BY d."email" HAVING COUNT(*) <> 1 LIMIT 5;

SELECT d."email" FROM "dim_cliente" d WHERE d."cliente_id" <> -1 AND d."atual" <> (d."valido_ate" IS NULL) LIMIT 5;

SELECT * FROM (SELECT d."email", d."valido_de" AS de, d."valido_ate" AS ate, LEAD(d."valido_de") OVER (PARTITION BY d."email" ORDER BY d."valido_de") AS proxima FROM "dim_cliente" d WHERE d."cliente_id" <> -1 AND EXISTS (SELECT 1 FROM "dim_cliente" o WHERE o."valido_ate" IS NOT NULL AND o."email" = d."email")) v WHERE v.ate <= v.de OR v.ate <> v.proxima OR (v.ate IS NULL AND v.proxima IS NOT NULL) OR (v.ate IS NOT NULL AND v.proxima IS NULL) LIMIT 5;

COPY "dim_produto"
FROM 's3://balde/estrela/<uuid>/'
IAM_ROLE 'arn:aws:iam::123456789012:role/tslake'
FORMAT AS PARQUET;

COPY "dim_canal"
FROM 's3://balde/estrela/<uuid>/'
IAM_ROLE 'arn:aws:iam::123456789012:role/tslake'
FORMAT AS PARQUET;

COPY "dim_plataforma"
FROM 's3://balde/estrela/<uuid>/'
IAM_ROLE 'arn:aws:iam::123456789012:role/tslake'
FORMAT AS PARQUET;

COPY "dim_vendedor"
FROM 's3://balde/estrela/<uuid>/'
IAM_ROLE 'arn:aws:iam::123456789012:role/tslake'
FORMAT AS PARQUET;

COPY "dim_desconto"
FROM 's3://balde/estrela/<uuid>/'
IAM_ROLE 'arn:aws:iam::123456789012:role/tslake'
FORMAT AS PARQUET;

COPY "fato_vendas"
FROM 's3://balde/estrela/<uuid>/'
IAM_ROLE 'arn:aws:iam::123456789012:role/tslake'
FORMAT AS PARQUET;

SELECT 0 AS number, COUNT(*) AS keys, MIN("cliente_id") AS unknown, MIN(CASE WHEN "cliente_id" <> -1 THEN "cliente_id" END) AS first_key, MAX("cliente_id") AS last_key FROM (SELECT DISTINCT "cliente_id" FROM "dim_cliente") k0 UNION ALL SELECT 1 AS number, COUNT(*) AS keys, MIN("produto_id") AS unknown, MIN(CASE WHEN "produto_id" <> -1 THEN "produto_id" END) AS first_key, MAX("produto_id") AS last_key FROM (SELECT DISTINCT "produto_id" FROM "dim_produto") k1 UNION ALL SELECT 2 AS number, COUNT(*) AS keys, MIN("canal_id") AS unknown, MIN(CASE WHEN "canal_id" <> -1 THEN "canal_id" END) AS first_key, MAX("canal_id") AS last_key FROM (SELECT DISTINCT "canal_id" FROM "dim_canal") k2 UNION ALL SELECT 3 AS number, COUNT(*) AS keys, MIN("plataforma_id") AS unknown, MIN(CASE WHEN "plataforma_id" <> -1 THEN "plataforma_id" END) AS first_key, MAX("plataforma_id") AS last_key FROM (SELECT DISTINCT "plataforma_id" FROM "dim_plataforma") k3 UNION ALL SELECT 4 AS number, COUNT(*) AS keys, MIN("campanha_id") AS unknown, MIN(CASE WHEN "campanha_id" <> -1 THEN "campanha_id" END) AS first_key, MAX("campanha_id") AS last_key FROM (SELECT DISTINCT "campanha_id" FROM "dim_campanha") k4 UNION ALL SELECT 5 AS number, COUNT(*) AS keys, MIN("vendedor_id") AS unknown, MIN(CASE WHEN "vendedor_id" <> -1 THEN "vendedor_id" END) AS first_key, MAX("vendedor_id") AS last_key FROM (SELECT DISTINCT "vendedor_id" FROM "dim_vendedor") k5 UNION ALL SELECT 6 AS number, COUNT(*) AS keys, MIN("desconto_id") AS unknown, MIN(CASE WHEN "desconto_id" <> -1 THEN "desconto_id" END) AS first_key, MAX("desconto_id") AS last_key FROM (SELECT DISTINCT "desconto_id" FROM "dim_desconto") k6;

SELECT COUNT(*) - COUNT(CASE WHEN f."cliente_id" BETWEEN 1 AND 2 OR f."cliente_id" = -1 THEN 1 END) AS n0, COUNT(*) - COUNT(CASE WHEN f."produto_id" BETWEEN 1 AND 1 OR f."produto_id" = -1 THEN 1 END) AS n1, COUNT(*) - COUNT(CASE WHEN f."canal_id" BETWEEN 1 AND 1 OR f."canal_id" = -1 THEN 1 END) AS n2, COUNT(*) - COUNT(CASE WHEN f."plataforma_id" BETWEEN 1 AND 1 OR f."plataforma_id" = -1 THEN 1 END) AS n3, COUNT(*) - COUNT(d4."campanha_id") AS n4, COUNT(*) - COUNT(CASE WHEN f."vendedor_id" BETWEEN 1 AND 1 OR f."vendedor_id" = -1 THEN 1 END) AS n5, COUNT(*) - COUNT(CASE WHEN f."desconto_id" BETWEEN 1 AND 1 OR f."desconto_id" = -1 THEN 1 END) AS n6, COUNT(*) - COUNT(d7."data_id") AS n7 FROM "fato_vendas" f LEFT JOIN "dim_campanha" d4 ON d4."campanha_id" = f."campanha_id" LEFT JOIN "dim_data" d7 ON d7."data_id" = f."data_id";

SELECT COUNT(*) AS linhas, SUM("valor_da_compra") AS "valor_da_compra", SUM("valor_com_desconto") AS "valor_com_desconto" FROM "fato_vendas";

SELECT COUNT(*) - COUNT(d0."data_id") AS n0, COUNT(*) - COUNT(d1."data_id") AS n1 FROM "fato_gvm" f LEFT JOIN "dim_data" d0 ON d0."data_id" = f."data_id" LEFT JOIN "dim_data" d1 ON d1."data_id" = f."conhecido_em_id";

SELECT COUNT(*) AS linhas, SUM("valor_total") AS "valor_total", SUM(CAST("compras" AS decimal(38,0))) AS "compras" FROM "fato_gvm";

ANALYZE "dim_cliente";

ANALYZE "dim_produto";

ANALYZE "dim_canal";

ANALYZE "dim_plataforma";

ANALYZE "dim_campanha";

ANALYZE "dim_vendedor";

ANALYZE "dim_desconto";

ANALYZE "dim_data";

ANALYZE "fato_vendas";

ANALYZE "fato_gvm";

COMMENT ON TABLE "dim_cliente" IS 'Customer, by e-mail; a row for each time that name or telephone changed';

COMMENT ON COLUMN "dim_cliente"."cliente_id" IS 'Customer: surrogate key, the same for ever; -1 is não informado';

COMMENT ON COLUMN "dim_cliente"."email" IS 'E-mail of the customer';

COMMENT ON COLUMN "dim_cliente"."nome_completo" IS 'First and last name, each word with a capital';

COMMENT ON COLUMN "dim_cliente"."dominio_email" IS 'What follows the @ of the e-mail';

COMMENT ON COLUMN "dim_cliente"."telefone" IS 'Telephone of the customer';

COMMENT ON COLUMN "dim_cliente"."valido_de" IS 'Time of the first sale of this version';

COMMENT ON COLUMN "dim_cliente"."valido_ate" IS 'Time of the first sale of the next version, from which on this one is not valid; null while it is';

COMMENT ON COLUMN "dim_cliente"."atual" IS 'Whether this is the member''s last version';

COMMENT ON TABLE "dim_produto" IS 'Product';

COMMENT ON COLUMN "dim_produto"."produto_id" IS 'Product: surrogate key, the same for ever; -1 is não informado';

COMMENT ON COLUMN "dim_produto"."produto_adquirido" IS 'Product bought';

COMMENT ON TABLE "dim_canal" IS 'Sales channel';

COMMENT ON COLUMN "dim_canal"."canal_id" IS 'Sales channel: surrogate key, the same for ever; -1 is não informado';

COMMENT ON COLUMN "dim_canal"."canal" IS 'Sales channel';

COMMENT ON TABLE "dim_plataforma" IS 'Platform on which the customer was met';

COMMENT ON COLUMN "dim_plataforma"."plataforma_id" IS 'Platform on which the customer was met: surrogate key, the same for ever; -1 is não informado';

COMMENT ON COLUMN "dim_plataforma"."plataforma_de_interacao" IS 'Where the customer was met';

COMMENT ON TABLE "dim_campanha" IS 'Marketing campaign';

COMMENT ON COLUMN "dim_campanha"."campanha_id" IS 'Marketing campaign: surrogate key, the same for ever; -1 is não informado';

COMMENT ON COLUMN "dim_campanha"."campanha_de_marketing" IS 'Campaign that led to the sale';

COMMENT ON TABLE "dim_vendedor" IS 'Seller';

COMMENT ON COLUMN "dim_vendedor"."vendedor_id" IS 'Seller: surrogate key, the same for ever; -1 is não informado';

COMMENT ON COLUMN "dim_vendedor"."vendedor" IS 'Seller';

COMMENT ON TABLE "dim_desconto" IS 'Discount: a code and what it took off; one code may have given several discounts';

COMMENT ON COLUMN "dim_desconto"."desconto_id" IS 'Discount: surrogate key, the same for ever; -1 is não informado';

COMMENT ON COLUMN "dim_desconto"."codigo_de_desconto_usado" IS 'Discount code';

COMMENT ON COLUMN "dim_desconto"."desconto_oferecido" IS 'Discount as a share of the price: 0.11 is 11%';

COMMENT ON TABLE "dim_data" IS 'Day, with Brazil''s national holidays';

COMMENT ON COLUMN "dim_data"."data_id" IS 'The day as YYYYMMDD; -1 is não informado';

COMMENT ON COLUMN "dim_data"."data" IS 'The day';

COMMENT ON COLUMN "dim_data"."ano" IS 'Year';

COMMENT ON COLUMN "dim_data"."trimestre" IS 'Quarter, 1 to 4';

COMMENT ON COLUMN "dim_data"."mes" IS 'Month, 1 to 12';

COMMENT ON COLUMN "dim_data"."nome_mes" IS 'Name of the month';

COMMENT ON COLUMN "dim_data"."dia" IS 'Day of the month';

COMMENT ON COLUMN "dim_data"."dia_semana" IS 'Day of the week, 1 (Monday) to 7 (Sunday)';

COMMENT ON COLUMN "dim_data"."nome_dia_semana" IS 'Name of the day of the week';

COMMENT ON COLUMN "dim_data"."ano_iso" IS 'Year of the ISO week';

COMMENT ON COLUMN "dim_data"."semana_iso" IS 'ISO week, 1 to 53';

COMMENT ON COLUMN "dim_data"."fim_de_semana" IS 'Saturday or Sunday';

COMMENT ON COLUMN "dim_data"."feriado" IS 'National holiday';

COMMENT ON COLUMN "dim_data"."nome_feriado" IS 'Name of the national holiday';

COMMENT ON TABLE "fato_vendas" IS 'Multichannel sales; each row is one sale as registered by a channel';

COMMENT ON COLUMN "fato_vendas"."venda_id" IS 'Archived file and line of the sale''s first occurrence: its identity in this lake';

COMMENT ON COLUMN "fato_vendas"."timestamp_do_registro" IS 'When the channel registered the sale';

COMMENT ON COLUMN "fato_vendas"."ano" IS 'Year of the registration';

COMMENT ON COLUMN "fato_vendas"."turno_compra" IS 'Shift of the day: Madrugada before 6 h, Manhã before 12 h, Tarde before 18 h, then Noite';

COMMENT ON COLUMN "fato_vendas"."valor_da_compra" IS 'Price before discount, BRL';

COMMENT ON COLUMN "fato_vendas"."valor_com_desconto" IS 'Price after discount, rounded half up to cents, BRL';

COMMENT ON COLUMN "fato_vendas"."arquivo_de_origem" IS 'Archived name of the file, without extension';

COMMENT ON COLUMN "fato_vendas"."cliente_id" IS 'Customer: key of dim_cliente';

COMMENT ON COLUMN "fato_vendas"."produto_id" IS 'Product: key of dim_produto';

COMMENT ON COLUMN "fato_vendas"."canal_id" IS 'Sales channel: key of dim_canal';

COMMENT ON COLUMN "fato_vendas"."plataforma_id" IS 'Platform on which the customer was met: key of dim_plataforma';

COMMENT ON COLUMN "fato_vendas"."campanha_id" IS 'Marketing campaign: key of dim_campanha';

COMMENT ON COLUMN "fato_vendas"."vendedor_id" IS 'Seller: key of dim_vendedor';

COMMENT ON COLUMN "fato_vendas"."desconto_id" IS 'Discount: key of dim_desconto';

COMMENT ON COLUMN "fato_vendas"."data_id" IS 'Day: key of dim_data';

COMMENT ON TABLE "fato_gvm" IS 'Paid gross value of the marketplace, as known at any past day; each row is one state of a day, product and subsidiary, from the day on which it became known';

COMMENT ON COLUMN "fato_gvm"."data" IS 'Day of the order';

COMMENT ON COLUMN "fato_gvm"."codigo_do_produto" IS 'The product bought';

COMMENT ON COLUMN "fato_gvm"."subsidiaria" IS 'The subsidiary that sold; não informada while nobody knows it';

COMMENT ON COLUMN "fato_gvm"."versao" IS '1, 2, 3… of this day, product and subsidiary';

COMMENT ON COLUMN "fato_gvm"."conhecido_em" IS 'Logical day on which this state became known';

COMMENT ON COLUMN "fato_gvm"."valor_total" IS 'Paid gross value';

COMMENT ON COLUMN "fato_gvm"."compras" IS 'Number of paid purchases';

COMMENT ON COLUMN "fato_gvm"."data_id" IS 'Day: key of dim_data';

COMMENT ON COLUMN "fato_gvm"."conhecido_em_id" IS 'Day: key of dim_data';

COMMENT ON VIEW "vw_vendas" IS 'Sales with everything that is known of them: one row per sale, the customer as at the time of the sale';

COMMENT ON COLUMN "vw_vendas"."venda_id" IS 'Archived file and line of the sale''s first occurrence: its identity in this lake';

COMMENT ON COLUMN "vw_vendas"."timestamp_do_registro" IS 'When the channel registered the sale';

COMMENT ON COLUMN "vw_vendas"."data" IS 'The day';

COMMENT ON COLUMN "vw_vendas"."ano" IS 'Year';

COMMENT ON COLUMN "vw_vendas"."trimestre" IS 'Quarter, 1 to 4';

COMMENT ON COLUMN "vw_vendas"."mes" IS 'Month, 1 to 12';

COMMENT ON COLUMN "vw_vendas"."nome_mes" IS 'Name of the month';

COMMENT ON COLUMN "vw_vendas"."nome_dia_semana" IS 'Name of the day of the week';

COMMENT ON COLUMN "vw_vendas"."fim_de_semana" IS 'Saturday or Sunday';

COMMENT ON COLUMN "vw_vendas"."feriado" IS 'National holiday';

COMMENT ON COLUMN "vw_vendas"."nome_feriado" IS 'Name of the national holiday';

COMMENT ON COLUMN "vw_vendas"."turno_compra" IS 'Shift of the day: Madrugada before 6 h, Manhã before 12 h, Tarde before 18 h, then Noite';

COMMENT ON COLUMN "vw_vendas"."email" IS 'E-mail of the customer';

COMMENT ON COLUMN "vw_vendas"."nome_completo" IS 'First and last name, each word with a capital';

COMMENT ON COLUMN "vw_vendas"."dominio_email" IS 'What follows the @ of the e-mail';

COMMENT ON COLUMN "vw_vendas"."telefone" IS 'Telephone of the customer';

COMMENT ON COLUMN "vw_vendas"."produto_adquirido" IS 'Product bought';

COMMENT ON COLUMN "vw_vendas"."canal" IS 'Sales channel';

COMMENT ON COLUMN "vw_vendas"."plataforma_de_interacao" IS 'Where the customer was met';

COMMENT ON COLUMN "vw_vendas"."campanha_de_marketing" IS 'Campaign that led to the sale';

COMMENT ON COLUMN "vw_vendas"."vendedor" IS 'Seller';

COMMENT ON COLUMN "vw_vendas"."codigo_de_desconto_usado" IS 'Discount code';

COMMENT ON COLUMN "vw_vendas"."desconto_oferecido" IS 'Discount as a share of the price: 0.11 is 11%';

COMMENT ON COLUMN "vw_vendas"."valor_da_compra" IS 'Price before discount, BRL';

COMMENT ON COLUMN "vw_vendas"."valor_com_desconto" IS 'Price after discount, rounded half up to cents, BRL';

COMMENT ON COLUMN "vw_vendas"."arquivo_de_origem" IS 'Archived name of the file, without extension';

COMMENT ON COLUMN "vw_vendas"."valor_do_desconto" IS 'What the discount took off the price, BRL';

COMMENT ON VIEW "vw_faturamento_mensal_por_canal" IS 'Revenue by month and sales channel';

COMMENT ON COLUMN "vw_faturamento_mensal_por_canal"."ano" IS 'Year';

COMMENT ON COLUMN "vw_faturamento_mensal_por_canal"."mes" IS 'Month, 1 to 12';

COMMENT ON COLUMN "vw_faturamento_mensal_por_canal"."nome_mes" IS 'Name of the month';

COMMENT ON COLUMN "vw_faturamento_mensal_por_canal"."canal" IS 'Sales channel';

COMMENT ON COLUMN "vw_faturamento_mensal_por_canal"."clientes" IS 'Number of different customers, by e-mail';

COMMENT ON COLUMN "vw_faturamento_mensal_por_canal"."vendas" IS 'Number of sales';

COMMENT ON COLUMN "vw_faturamento_mensal_por_canal"."valor_da_compra" IS 'Sum of the prices before discount, BRL';

COMMENT ON COLUMN "vw_faturamento_mensal_por_canal"."valor_com_desconto" IS 'Revenue: sum of the prices after discount, BRL';

COMMENT ON COLUMN "vw_faturamento_mensal_por_canal"."ticket_medio" IS 'Revenue per sale, rounded half up to cents, BRL';

COMMENT ON VIEW "vw_efeito_do_desconto" IS 'What each discount brought and cost';

COMMENT ON COLUMN "vw_efeito_do_desconto"."codigo_de_desconto_usado" IS 'Discount code';

COMMENT ON COLUMN "vw_efeito_do_desconto"."desconto_oferecido" IS 'Discount as a share of the price: 0.11 is 11%';

COMMENT ON COLUMN "vw_efeito_do_desconto"."vendas" IS 'Number of sales';

COMMENT ON COLUMN "vw_efeito_do_desconto"."valor_da_compra" IS 'Sum of the prices before discount, BRL';

COMMENT ON COLUMN "vw_efeito_do_desconto"."valor_com_desconto" IS 'Revenue: sum of the prices after discount, BRL';

COMMENT ON COLUMN "vw_efeito_do_desconto"."ticket_medio" IS 'Revenue per sale, rounded half up to cents, BRL';

COMMENT ON COLUMN "vw_efeito_do_desconto"."valor_do_desconto" IS 'What the discount took off the prices, BRL';

COMMENT ON COLUMN "vw_efeito_do_desconto"."ticket_medio_sem_desconto" IS 'Price before discount per sale, rounded half up to cents, BRL';

COMMENT ON COLUMN "vw_efeito_do_desconto"."desconto_efetivo" IS 'What it took off, as a share of the prices: 0.110000 is 11%';

COMMENT ON VIEW "vw_clientes_por_dominio_e_turno" IS 'Customers by the domain of their e-mail and the shift in which they bought; one who bought in two is in both';

COMMENT ON COLUMN "vw_clientes_por_dominio_e_turno"."dominio_email" IS 'What follows the @ of the e-mail';

COMMENT ON COLUMN "vw_clientes_por_dominio_e_turno"."turno_compra" IS 'Shift of the day: Madrugada before 6 h, Manhã before 12 h, Tarde before 18 h, then Noite';

COMMENT ON COLUMN "vw_clientes_por_dominio_e_turno"."clientes" IS 'Number of different customers, by e-mail';

COMMENT ON COLUMN "vw_clientes_por_dominio_e_turno"."vendas" IS 'Number of sales';

COMMENT ON COLUMN "vw_clientes_por_dominio_e_turno"."valor_da_compra" IS 'Sum of the prices before discount, BRL';

COMMENT ON COLUMN "vw_clientes_por_dominio_e_turno"."valor_com_desconto" IS 'Revenue: sum of the prices after discount, BRL';

COMMENT ON COLUMN "vw_clientes_por_dominio_e_turno"."ticket_medio" IS 'Revenue per sale, rounded half up to cents, BRL';

COMMENT ON VIEW "vw_gvm_conhecido" IS 'Paid gross value with the days during which each state was what was known. As known at day K: WHERE conhecido_de <= K AND (conhecido_ate > K OR conhecido_ate IS NULL)';

COMMENT ON COLUMN "vw_gvm_conhecido"."data" IS 'Day of the order';

COMMENT ON COLUMN "vw_gvm_conhecido"."codigo_do_produto" IS 'The product bought';

COMMENT ON COLUMN "vw_gvm_conhecido"."subsidiaria" IS 'The subsidiary that sold';

COMMENT ON COLUMN "vw_gvm_conhecido"."versao" IS '1, 2, 3… of this day, product and subsidiary';

COMMENT ON COLUMN "vw_gvm_conhecido"."conhecido_de" IS 'Day from which on this state was known';

COMMENT ON COLUMN "vw_gvm_conhecido"."valor_total" IS 'Paid gross value';

COMMENT ON COLUMN "vw_gvm_conhecido"."compras" IS 'Number of paid purchases';

COMMENT ON COLUMN "vw_gvm_conhecido"."conhecido_ate" IS 'Day from which on another state was known; null while this one is';

COMMENT ON VIEW "vw_gvm_atual" IS 'Paid gross value as it is known now: one row per day, product and subsidiary';

COMMENT ON COLUMN "vw_gvm_atual"."data" IS 'Day of the order';

COMMENT ON COLUMN "vw_gvm_atual"."codigo_do_produto" IS 'The product bought';

COMMENT ON COLUMN "vw_gvm_atual"."subsidiaria" IS 'The subsidiary that sold';

COMMENT ON COLUMN "vw_gvm_atual"."versao" IS '1, 2, 3… of this day, product and subsidiary';

COMMENT ON COLUMN "vw_gvm_atual"."conhecido_de" IS 'Day from which on this state was known';

COMMENT ON COLUMN "vw_gvm_atual"."valor_total" IS 'Paid gross value';

COMMENT ON COLUMN "vw_gvm_atual"."compras" IS 'Number of paid purchases';

DELETE FROM "tslake_cargas" WHERE estrela = 'warehouse.vendas';

INSERT INTO "tslake_cargas" VALUES ('warehouse.vendas', 3, '{"gold.vendas":{<source>,<source>,"commit":"<uuid>"},"gold.chaves_cliente":{<source>,<source>,"commit":"<uuid>"},"gold.chaves_produto":{<source>,<source>,"commit":"<uuid>"},"gold.chaves_canal":{<source>,<source>,"commit":"<uuid>"},"gold.chaves_plataforma":{<source>,<source>,"commit":"<uuid>"},"gold.chaves_vendedor":{<source>,<source>,"commit":"<uuid>"},"gold.chaves_desconto":{<source>,<source>,"commit":"<uuid>"}}', '{"dim_cliente":"<digest>","dim_produto":"<digest>","dim_canal":"<digest>","dim_plataforma":"<digest>","dim_campanha":"<digest>","dim_vendedor":"<digest>","dim_desconto":"<digest>","dim_data":"<digest>","fato_vendas":"<digest>","fato_gvm":"<digest>","vw_vendas":"<digest>","vw_faturamento_mensal_por_canal":"<digest>","vw_efeito_do_desconto":"<digest>","vw_clientes_por_dominio_e_turno":"<digest>","vw_gvm_conhecido":"<digest>","vw_gvm_atual":"<digest>"}', NULL, NULL, TIMESTAMP '<now>');

SELECT (SELECT COUNT(*) FROM "dim_cliente") AS "dim_cliente", (SELECT COUNT(*) FROM "dim_produto") AS "dim_produto", (SELECT COUNT(*) FROM "dim_canal") AS "dim_canal", (SELECT COUNT(*) FROM "dim_plataforma") AS "dim_plataforma", (SELECT COUNT(*) FROM "dim_campanha") AS "dim_campanha", (SELECT COUNT(*) FROM "dim_vendedor") AS "dim_vendedor", (SELECT COUNT(*) FROM "dim_desconto") AS "dim_desconto", (SELECT COUNT(*) FROM "dim_data") AS "dim_data";

COMMIT;
