import fs from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import type { Client } from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { describeError, isTslakeError, StorageError, type TslakeError, UsageError } from "../../lib/errors.js";
import { connect } from "../../lib/warehouse/postgres/connect.js";
import { readConnectionOptions, withoutSecrets } from "../../lib/warehouse/postgres/connection_options.js";
import { describeWith } from "../support/partners.js";
import { type PostgresServer, startPostgres } from "../support/postgres.js";

const home = fs.mkdtempSync(join(tmpdir(), "tslake-pg-home-"));
afterAll(() => fs.rmSync(home, { recursive: true, force: true }));

const NOBODYS: Readonly<Record<string, string>> = { HOME: home };

function read(address: string, environment: Readonly<Record<string, string>> = {}) {
  return readConnectionOptions(address, undefined, { ...NOBODYS, ...environment });
}

async function failure(action: () => unknown): Promise<TslakeError> {
  try {
    await action();
  } catch (error) {
    if (isTslakeError(error)) return error;
    throw error;
  }
  throw new Error("it did not fail");
}

/** All that an error can tell. */
function told(error: unknown): string {
  return `${describeError(error)}\n${inspect(error, { depth: 8, showHidden: true })}\n${JSON.stringify(error)}`;
}

describe("an address", () => {
  test("says everything, percent-encoded where need be", async () => {
    const options = read("postgresql://ana%40x:a%2Fb%3Ac@[::1]:6000/meu%20banco?application_name=bi&connect_timeout=3");
    expect(options).toMatchObject({
      host: "::1",
      port: 6000,
      user: "ana@x",
      database: "meu banco",
      applicationName: "bi",
      connectTimeoutSeconds: 3,
    });
    expect(await options.password()).toBe("a/b:c");
  });

  test("leaves to the environment what it does not say, as libpq reads it", async () => {
    const environment = {
      PGHOST: "db.example",
      PGPORT: "5433",
      PGUSER: "bi",
      PGPASSWORD: "pw",
      PGDATABASE: "dw",
      PGSSLMODE: "disable",
      PGOPTIONS: "-c statement_timeout=1s",
    };
    const options = read("postgres://", environment);
    expect(options).toMatchObject({ host: "db.example", port: 5433, user: "bi", database: "dw", tls: [false] });
    expect(options.options).toBe("-c statement_timeout=1s");
    expect(await options.password()).toBe("pw");
    expect(read("postgres://other:1/x", environment)).toMatchObject({ host: "other", port: 1, user: "bi" });
  });

  test("may name the folder of a socket", () => {
    expect(read("postgres:///dw?host=/run/pg")).toMatchObject({ host: "/run/pg", database: "dw", tls: [false] });
    expect(read("postgres://ana@%2Frun%2Fpg/dw")).toMatchObject({ host: "/run/pg", user: "ana" });
    expect(read("postgres://ana@")).toMatchObject({ database: "ana", port: 5432 });
  });

  test.each([
    "postgres://ana:segredo@host:99999/dw",
    "postgres://ana:segredo@host:um/dw",
    "postgres://ana:segre%do@host/dw",
    "postgres://ana:segredo@host/dw?sslmod=require",
    "postgres://ana:segredo@host/dw?sslmode=maybe",
    "postgres://ana:segredo@host/dw?sslmode",
    "postgres://ana:segredo@a,b/dw",
    "postgres://ana:segredo@host/dw?sslmode=verify-full",
    "postgres://ana:segredo@host/dw?sslmode=require&sslrootcert=system",
    "postgres://ana:segredo@host/dw?sslcert=/nowhere",
    "postgres://ana:segredo@host/dw?connect_timeout=soon",
    "postgres:ana:segredo",
    "postgres://ana:segredo@host/dw?schema=",
    "postgres://ana:Se@segredo@127.0.0.1:5432/dw",
    "postgres://ana:12/segredo@127.0.0.1:5432/dw",
    "postgres://ana:12/segredo/3@127.0.0.1:5432/dw",
    "postgres://ana:12/x?segredo@127.0.0.1/dw",
    "postgres://ana:12/x?sslmod=segredo@127.0.0.1/dw",
    "postgres://ana:12/x?application_name=segredo@127.0.0.1/dw",
    "postgres://ana:Se@[segredo@::1]/dw",
    "postgres://an/a:segredo@host/dw",
    "postgres://host/dw?%70assword=a&segredo",
    "postgres://host/dw?password=a&segredo=b",
  ])("that is wrong is refused without its password: %s", async (address) => {
    const error = await failure(() => read(address));
    expect(error).toBeInstanceOf(UsageError);
    expect(told(error)).not.toMatch(/segre/);
  });

  test("is shown without secrets", () => {
    expect(withoutSecrets("postgres://ana:p@ss:w/rd@host:1/dw?sslmode=require")).toBe(
      "postgres://ana:***@host:1/dw?sslmode=require",
    );
    expect(withoutSecrets("postgres://host/dw?password=x&user=y&sslpassword=z")).toBe(
      "postgres://host/dw?password=***&user=y&sslpassword=***",
    );
    expect(withoutSecrets("postgres://host/dw?%70assword=x&PASSW%4fRD=y&%7=z&%75ser=w")).toBe(
      "postgres://host/dw?%70assword=***&PASSW%4fRD=***&%7=***&%75ser=w",
    );
    for (const address of [
      "postgres://a#b:segredo@host",
      "postgres://a/b:segredo@host",
      "postgres://a@b:segredo@host",
    ]) {
      expect(withoutSecrets(address)).not.toContain("segredo");
    }
    expect(withoutSecrets("postgres://ana@host:1/dw")).toBe("postgres://ana@host:1/dw");
    expect(withoutSecrets("duckdb:/a/b@c")).toBe("duckdb:/a/b@c");
  });
});

describe("the file of passwords", () => {
  const file = join(home, ".pgpass");
  const write = (text: string, mode = 0o600): void => {
    fs.writeFileSync(file, text);
    fs.chmodSync(file, mode);
  };
  afterAll(() => fs.rmSync(file, { force: true }));

  test("is read by host, port, database and user; the first line that fits counts", async () => {
    write("# uma nota\nhost:5432:dw:bia:b\n*:5432:*:ana:a\\:\\\\1\n*:*:*:*:z\nlocalhost:*:*:*:never\n");
    const password = (address: string): Promise<string | undefined> => read(address).password();
    expect(await password("postgres://bia@host/dw")).toBe("b");
    expect(await password("postgres://ana@host/dw")).toBe("a:\\1");
    expect(await password("postgres://eva@host/dw")).toBe("z");
    expect(await password("postgres://bia:own@host/dw")).toBe("own");
    write("localhost:*:*:*:local\n");
    expect(await password("postgres://bia@host/dw")).toBeUndefined();
    expect(await password("postgres://bia@%2Frun/dw")).toBe("local");
  });

  test("may be named", async () => {
    const other = join(home, "outro");
    fs.writeFileSync(other, "*:*:*:*:outra\n", { mode: 0o600 });
    expect(await read("postgres://bia@host/dw", { PGPASSFILE: other }).password()).toBe("outra");
    expect(await read(`postgres://bia@host/dw?passfile=${other}`).password()).toBe("outra");
  });

  test.skipIf(process.platform === "win32")("is refused when others may read it", async () => {
    write("*:*:*:*:segredo\n", 0o644);
    const error = await failure(() => read("postgres://bia@host/dw").password());
    expect(error).toBeInstanceOf(StorageError);
    expect(error.remedy).toBe(`chmod 0600 ${file}`);
    expect(told(error)).not.toContain("segredo");
  });
});

describeWith("postgres", "PostgreSQL, connecting", () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(() => server.stop());

  const open = (address: string, environment: Readonly<Record<string, string>> = {}): Promise<Client> =>
    connect(read(address, environment));
  /** Connects; answers who is connected, and whether by TLS. */
  async function session(address: string, environment: Readonly<Record<string, string>> = {}): Promise<unknown> {
    const client = await open(address, environment);
    const { rows } = await client.query(
      "SELECT current_user::text AS user, ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()",
    );
    await client.end();
    return rows[0];
  }
  async function refusal(address: string, environment: Readonly<Record<string, string>> = {}): Promise<TslakeError> {
    const error = await failure(() => open(address, environment));
    expect(told(error)).not.toContain(server.password);
    expect(told(error)).not.toContain(encodeURIComponent(server.password));
    return error;
  }
  const postgres = (query = "", user = "analista"): string => server.address("postgres", { query, user });

  test("TLS is used where the server has it, unless it is disabled", async () => {
    expect(await session(postgres())).toEqual({ user: "analista", ssl: true });
    expect(await session(postgres("sslmode=prefer"))).toEqual({ user: "analista", ssl: true });
    expect(await session(postgres("sslmode=require"))).toEqual({ user: "analista", ssl: true });
    expect(await session(postgres("sslmode=disable"))).toEqual({ user: "analista", ssl: false });
    expect(await session(postgres("sslmode=allow"))).toEqual({ user: "analista", ssl: false });
    expect(await session(postgres(), { PGSSLMODE: "disable" })).toEqual({ user: "analista", ssl: false });
  });

  test("where the server wants the other, prefer and allow try it", async () => {
    await server.admin(`CREATE ROLE so_tls LOGIN PASSWORD '${server.password}'`);
    await server.admin(`CREATE ROLE sem_tls LOGIN PASSWORD '${server.password}'`);
    expect(await session(postgres("sslmode=prefer", "sem_tls"))).toEqual({ user: "sem_tls", ssl: false });
    expect(await session(postgres("sslmode=allow", "so_tls"))).toEqual({ user: "so_tls", ssl: true });
    expect((await refusal(postgres("sslmode=require", "sem_tls"))).message).toContain("does not admit sem_tls");
    expect((await refusal(postgres("sslmode=disable", "so_tls"))).message).toContain("does not admit so_tls");
  });

  test("the server's certificate is checked as sslmode says", async () => {
    const { root, otherRoot } = server.certificates;
    const byAddress = (query: string): string => server.address("postgres", { host: "127.0.0.1", query });
    expect(await session(postgres(`sslmode=verify-full&sslrootcert=${root}`))).toMatchObject({ ssl: true });
    expect(await session(byAddress(`sslmode=verify-ca&sslrootcert=${root}`))).toMatchObject({ ssl: true });
    expect((await refusal(byAddress(`sslmode=verify-full&sslrootcert=${root}`))).message).toContain(
      "the server's certificate is not for 127.0.0.1",
    );
    for (const mode of ["verify-ca", "verify-full", "require"]) {
      const error = await refusal(postgres(`sslmode=${mode}`), { PGSSLROOTCERT: otherRoot });
      expect(error.message).toContain("the server's certificate is not trusted");
    }
    expect((await refusal(postgres("sslmode=verify-full&sslrootcert=system"))).message).toContain("is not trusted");
    expect(
      await session(
        server.address("postgres", { host: "", query: "hostaddr=127.0.0.1&host=localhost&sslmode=verify-full" }),
        {
          PGSSLROOTCERT: root,
        },
      ),
    ).toMatchObject({ ssl: true });
  });

  test("a client's certificate admits its user", async () => {
    const { client, clientKey } = server.certificates;
    const query = `sslmode=require&sslcert=${client}&sslkey=${clientKey}`;
    expect(await session(postgres(query, "certificado"))).toEqual({ user: "certificado", ssl: true });
    expect((await refusal(postgres("sslmode=require", "certificado"))).message).toContain("could not connect");
    fs.chmodSync(clientKey, 0o644);
    expect((await refusal(postgres(query, "certificado"))).remedy).toBe(`chmod 0600 ${clientKey}`);
    fs.chmodSync(clientKey, 0o600);
  });

  test("a wrong or missing password", async () => {
    for (const password of ["errada-e-secreta", ""]) {
      const error = await refusal(server.address("postgres", { password }));
      expect(error.message).toBe("could not connect to the warehouse: the password of analista is wrong or missing");
      expect(error.where.path).toBe(`postgres://analista@localhost:${server.port}/postgres`);
      expect(error.transient).toBe(false);
      expect(told(error)).not.toContain("errada");
    }
    const unknown = await refusal(server.address("postgres", { user: "ninguem" }));
    expect(unknown.message).toContain("the password of ninguem is wrong or missing");
  });

  test("a password from the environment or the file", async () => {
    const bare = server.address("postgres", { password: "" }).replace(":@", "@");
    expect(await session(bare, { PGPASSWORD: server.password })).toMatchObject({ user: "analista" });
    const file = join(home, "senhas");
    fs.writeFileSync(file, `localhost:${server.port}:*:analista:${server.password.replace(/[:\\]/g, "\\$&")}\n`, {
      mode: 0o600,
    });
    expect(await session(bare, { PGPASSFILE: file })).toMatchObject({ user: "analista" });
  });

  test("an unknown database", async () => {
    const error = await refusal(server.address("nada"));
    expect(error.message).toBe("could not connect to the warehouse: there is no database nada");
    expect(error.remedy).toContain('CREATE DATABASE "nada"');
  });

  test("a host that does not answer", async () => {
    const gone = await refusal("postgres://ana:segredo@127.0.0.1:1/dw");
    expect(gone.message).toBe("could not connect to the warehouse: no server answers at 127.0.0.1, port 1");
    expect(gone.transient).toBe(true);
    expect((await refusal("postgres://ana:segredo@no-such-host.invalid/dw")).message).toContain("no server answers");
    expect((await refusal("postgres:///dw?host=/nowhere")).message).toContain("no server answers at /nowhere");
  });

  test("a port where something else listens, or nothing is ever said", async () => {
    const silent = createServer((socket) => socket.resume());
    const port = await new Promise<number>((done) => {
      silent.listen(0, "127.0.0.1", () => done((silent.address() as { port: number }).port));
    });
    const error = await refusal(`postgres://ana:segredo@127.0.0.1:${port}/dw?sslmode=disable&connect_timeout=1`);
    expect(error.message).toContain(`no server answers at 127.0.0.1, port ${port}`);
    await new Promise((done) => silent.close(done));
  });

  test.each([
    [
      "something else",
      "prefer",
      "HTTP/1.1 400 Bad Request\r\n\r\n",
      "does not answer as a PostgreSQL server that works",
    ],
    [
      "something else",
      "require",
      "HTTP/1.1 400 Bad Request\r\n\r\n",
      "does not answer as a PostgreSQL server that works",
    ],
    ["something else", "disable", "HTTP/1.1 400 Bad Request\r\n\r\n", "ended the connection"],
    ["a server in trouble", "require", "E", "does not answer as a PostgreSQL server that works"],
  ])("a port at which %s answers: sslmode=%s", async (_, mode, answer, meaning) => {
    const web = createServer((socket) => {
      socket.on("error", () => undefined).once("data", () => socket.end(answer));
    });
    const port = await new Promise<number>((done) => {
      web.listen(0, "127.0.0.1", () => done((web.address() as { port: number }).port));
    });
    const error = await refusal(`postgres://ana:segredo@127.0.0.1:${port}/dw?sslmode=${mode}`);
    expect(error.message).toContain(meaning);
    expect(error.message).toContain(`127.0.0.1, port ${port}`);
    expect(error.remedy).toContain("check host and port");
    expect(error.remedy).toContain("the server's log");
    expect(error.transient).toBe(true);
    expect(error.where.path).toBe(`postgres://ana@127.0.0.1:${port}/dw`);
    await new Promise((done) => web.close(done));
  });

  test("a server that is too old", async () => {
    const error = await failure(() => connect(read(postgres()), 990_000));
    expect(error.message).toBe("the PostgreSQL server is too old");
    expect(error.expected).toBe("version 99 or newer");
    expect(error.actual).toMatch(/^15\./);
  });

  test("a server without TLS is spoken to without, where that is allowed, and its answer is what is told", async () => {
    await server.admin("ALTER SYSTEM SET ssl TO off");
    await server.admin("SELECT pg_reload_conf()");
    await new Promise((done) => setTimeout(done, 200));
    expect(await session(postgres())).toEqual({ user: "analista", ssl: false });
    const wrong = await refusal(server.address("postgres", { password: "errada" }));
    expect(wrong.message).toContain("the password of analista is wrong or missing");
    expect((await refusal(postgres("sslmode=require"))).message).toContain("the server does not speak TLS");
  });

  test("the server's log holds no password either", () => {
    expect(server.log()).not.toContain("errada");
  });
});
