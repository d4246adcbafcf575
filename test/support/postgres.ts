/**
 * A PostgreSQL of the tests' own: a cluster in a temporary folder, on a free port of the loopback, gone at the end, even
 * when the tests are killed. Needs the Debian package `postgresql`, and installs it where it may.
 *
 * @module
 */

import { type ChildProcess, execFile, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { freePort } from './free-port.ts';
import { postgresBinaries } from './postgres-package.ts';

const run = promisify(execFile);

/** The end of its standard input means that the tests are over, or dead. */
const WATCHDOG = `
cat
[ -e "$1/postmaster.pid" ] || exec rm -rf "$1"
pid=$(head -n 1 "$1/postmaster.pid") && kill -CONT "$pid"
"$0/pg_ctl" -D "$1" -m immediate -w stop
rm -rf "$1"
`;

export interface TestPostgres {
  /** Makes an empty database; its URL. */
  createDatabase(): Promise<string>;
  /** Runs one statement as the owner of the cluster, on a connection of its own. */
  sql(url: string, statement: string): Promise<Record<string, unknown>[]>;
  /** Locks a table against reads and writes until `end`. */
  locked(url: string, table: string, end: Promise<void>): { taken: Promise<void>; released: Promise<void> };
  /** Ends it without a checkpoint: the next start recovers. */
  crash(): Promise<void>;
  start(): Promise<void>;
  restart(): Promise<void>;
  /** Halts or resumes all its processes, so that connections stay open without any response. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void;
  stop(): Promise<void>;
}

/**
 * @param settings As in postgresql.conf: `fsync=off`.
 * @returns null, with the reason printed, where PostgreSQL cannot be had; with `CI=true` that is an error.
 */
export async function startPostgres(...settings: readonly string[]): Promise<TestPostgres | null> {
  const binaries = await postgresBinaries();
  if (binaries === null) return null;
  const owner = await clusterOwner();
  const data = mkdtempSync(join(tmpdir(), 'linguanova-postgres-'));
  if (owner.uid !== undefined && owner.gid !== undefined) chownSync(data, owner.uid, owner.gid);
  const options = { ...owner, cwd: data, env: { PATH: process.env.PATH ?? '', LC_ALL: 'C.UTF-8' } };
  const watchdog = spawn('sh', ['-c', WATCHDOG, binaries, data], {
    ...options,
    cwd: '/',
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  const initdb = ['-D', data, '-U', 'tests', '-A', 'trust', '-E', 'UTF8', ...languageOf(binaries)];
  await run(join(binaries, 'initdb'), initdb, options);
  const port = await freePort();
  const all = ['listen_addresses=127.0.0.1', 'max_connections=200', ...settings];
  const server = new PostgresProcess(
    join(binaries, 'postgres'),
    ['-D', data, '-p', `${port}`, '-k', data, ...all.flatMap((setting) => ['-c', setting])],
    options,
  );
  await server.start();
  const url = (database: string) => `postgres://tests@127.0.0.1:${port}/${database}`;
  let databases = 0;
  return {
    async createDatabase() {
      databases += 1;
      await sql(url('postgres'), `create database keys_${databases}`);
      return url(`keys_${databases}`);
    },
    sql,
    locked,
    async crash() {
      await server.end('SIGQUIT');
    },
    start: () => server.start(),
    async restart() {
      await server.end('SIGINT');
      await server.start();
    },
    signal: (signal) => server.signal(signal),
    async stop() {
      // Without a checkpoint, for the data goes.
      await server.end('SIGQUIT');
      watchdog.stdin?.end();
      await once(watchdog, 'exit');
      rmSync(data, { recursive: true, force: true });
    },
  };
}

/** The postmaster, as a child of the tests. */
class PostgresProcess {
  readonly #command: [file: string, args: string[], options: SpawnOptions];
  #child: ChildProcess | undefined;

  constructor(...command: [file: string, args: string[], options: SpawnOptions]) {
    this.#command = command;
  }

  async start(): Promise<void> {
    const [file, args, options] = this.#command;
    const child = spawn(file, args, { ...options, stdio: ['ignore', 'ignore', 'pipe'] });
    this.#child = child;
    await new Promise<void>((resolve, reject) => {
      let log = '';
      child.on('exit', () => reject(new Error(`PostgreSQL did not start: ${log}`)));
      child.stderr?.setEncoding('utf8').on('data', (text: string) => {
        log += text;
        if (log.includes('ready to accept connections')) resolve();
      });
    });
  }

  async end(signal: 'SIGINT' | 'SIGQUIT'): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, 'exit');
    // A test that failed may have left it halted.
    this.signal('SIGCONT');
    child.kill(signal);
    await exit;
  }

  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    const pid = this.#child?.pid;
    if (pid === undefined) return;
    // The postmaster first, for it would start new ones in between.
    process.kill(pid, signal);
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').match(/\d+/g) ?? [];
    for (const child of children) signalUnlessGone(Number(child), signal);
  }
}

/** PostgreSQL's workers come and go by themselves: one may end between being listed and being signalled. */
function signalUnlessGone(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

async function sql(url: string, statement: string): Promise<Record<string, unknown>[]> {
  const client = new Client(url);
  await client.connect();
  try {
    return (await client.query(statement)).rows;
  } finally {
    await client.end();
  }
}

function locked(url: string, table: string, end: Promise<void>) {
  const client = new Client(url);
  const taken = (async () => {
    await client.connect();
    await client.query(`begin; lock table ${table}`);
  })();
  const released = taken.then(() => end).finally(() => client.end());
  return { taken, released };
}

/** One that orders texts otherwise than byte by byte, as most operators have it; before version 15 there is none for sure. */
function languageOf(binaries: string): string[] {
  const version = Number(/(\d+)\/bin$/.exec(binaries)?.[1]);
  return version >= 15 ? ['--locale-provider=icu', '--icu-locale=en'] : [];
}

/** PostgreSQL refuses to run as root. */
async function clusterOwner(): Promise<{ uid?: number; gid?: number }> {
  if (process.getuid?.() !== 0) return {};
  const [uid, gid] = await Promise.all(['-u', '-g'].map((flag) => run('id', [flag, 'postgres'])));
  return { uid: Number(uid?.stdout), gid: Number(gid?.stdout) };
}
