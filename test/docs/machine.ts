/**
 * A machine on which the commands of docs/backup.md and docs/upgrade.md run as printed: folders of its own in place of /etc, /var and
 * /opt, the gateway as the process behind `systemctl`, and no users.
 *
 * @module
 */

import { execFile, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEnv, promisify } from 'node:util';
import { COMPILE_CACHE } from '../support/compile-cache.ts';
import { freePort } from '../support/free-port.ts';
import { type GatewayProcess, startProcess } from '../support/gateway-process.ts';
import { fenced, read } from './pages.ts';

const MAIN = join(import.meta.dirname, '../../adapters/node/main.ts');
const ENV_FILE = '/etc/linguanova/linguanova.env';
/** The shell functions that the pages define. */
const FUNCTIONS = ['backup', 'upgrade'].flatMap((page) => fenced(read(`docs/${page}.md`), 'text')).join('\n');
/** Programs that need root, users or a registry. */
const PROGRAMS: Readonly<Record<string, string>> = {
  runuser: 'shift 3; exec "$@"',
  systemctl: 'exec curl --fail-with-body --silent --show-error --request POST "$CONTROL/$1/$2"',
  install: 'exec /usr/bin/install $(echo " $* " | sed "s/ -[og] linguanova//g")',
  npm: 'echo "$*" >> "$NPM_LOG"',
};

export interface MachineOptions {
  readonly variables: Readonly<Record<string, string>>;
  /** Environment of the commands. */
  readonly shell?: Readonly<Record<string, string>>;
  /** What a page prints, and what stands for it here. */
  readonly replaced?: readonly (readonly [string, string])[];
  /** Whose `/var/lib/linguanova` it shares. */
  readonly disk?: Machine;
}

export class Machine {
  readonly #folder = mkdtempSync(join(tmpdir(), 'linguanova-machine-'));
  readonly #options: MachineOptions;
  readonly #port: number;
  readonly #control: Server;
  readonly #state: string;
  #gateway: GatewayProcess | null = null;

  private constructor(options: MachineOptions, port: number, control: Server) {
    this.#options = options;
    this.#port = port;
    this.#control = control;
    this.#state = options.disk === undefined ? join(this.#folder, 'var/lib/linguanova') : options.disk.#state;
  }

  /** With the variables in its `linguanova.env`; the gateway is not started. */
  static async create(options: MachineOptions): Promise<Machine> {
    const control = createServer((request, response) => {
      machine.#systemctl(request.url ?? '').then(
        () => response.end(),
        (error) => response.writeHead(500).end(String(error)),
      );
    }).listen(0, '127.0.0.1');
    await once(control, 'listening');
    const machine = new Machine(options, await freePort(), control);
    machine.#install();
    return machine;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get npmLog(): string {
    return readFileSync(join(this.#folder, 'npm.log'), 'utf8');
  }

  /** A file of the machine. */
  path(printed: string): string {
    return this.#moved(printed);
  }

  /** Runs a block as printed, after the functions that the pages define. A command that fails ends it. */
  async run(block: string): Promise<string> {
    const { port } = this.#control.address() as AddressInfo;
    const { stdout } = await promisify(execFile)('sh', ['-ec', this.#moved(`${FUNCTIONS}\n${block}`)], {
      cwd: this.#folder,
      env: {
        ...COMPILE_CACHE,
        PATH: `${join(this.#folder, 'bin')}:${process.env.PATH}`,
        CONTROL: `http://127.0.0.1:${port}`,
        NPM_LOG: join(this.#folder, 'npm.log'),
        ...this.#options.shell,
      },
    });
    return stdout;
  }

  /** Of its `linguanova.env`. */
  get variables(): Readonly<Record<string, string>> {
    return parseEnv(readFileSync(this.#moved(ENV_FILE), 'utf8')) as Record<string, string>;
  }

  /** Appends a variable of another machine to its `linguanova.env`. */
  copyLine(name: string, from: Machine): void {
    appendFileSync(this.#moved(ENV_FILE), `${name}=${from.variables[name]}\n`);
  }

  async start(): Promise<void> {
    this.#gateway = await startProcess({ ...this.variables, PORT: `${this.#port}` }, this.#state);
  }

  async close(): Promise<void> {
    await this.#gateway?.end('SIGKILL');
    this.#control.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #install(): void {
    for (const folder of ['bin', 'etc/linguanova', 'var/lib/linguanova', 'var/backups', 'opt/linguanova/bin'])
      mkdirSync(join(this.#folder, folder), { recursive: true });
    for (const [name, body] of Object.entries(PROGRAMS)) this.#script(`bin/${name}`, body);
    this.#script('opt/linguanova/bin/linguanova.cjs', `exec '${process.execPath}' '${MAIN}' "$@"`);
    // The package of the next version.
    const opt = join(this.#folder, 'opt');
    const args = ['-czf', join(opt, 'linguanova-new.tgz'), '-C', opt, '--transform=s/^linguanova/package/'];
    execFileSync('tar', [...args, 'linguanova']);
    const lines = Object.entries(this.#options.variables).map(
      ([name, value]) => `${name}=${this.#moved(value)}\n`,
    );
    writeFileSync(this.#moved(ENV_FILE), lines.join(''));
  }

  #script(path: string, body: string): void {
    const file = join(this.#folder, path);
    writeFileSync(file, `#!/bin/sh\n${body}\n`);
    chmodSync(file, 0o755);
  }

  #moved(text: string): string {
    return [...(this.#options.replaced ?? []), ['http://127.0.0.1:8787', this.url] as const]
      .reduce((moved, [from, to]) => moved.replaceAll(from, to), text)
      .replaceAll('/var/lib/linguanova', this.#state)
      .replaceAll(
        /(?<![\w-])\/(etc\/linguanova|var\/backups\/linguanova|opt\/linguanova)/g,
        `${this.#folder}/$1`,
      );
  }

  async #systemctl(path: string): Promise<void> {
    const [, verb, unit] = path.split('/');
    if (unit !== 'linguanova' || !['start', 'stop', 'restart'].includes(verb ?? ''))
      throw new Error(`systemctl ${verb} ${unit}`);
    if (verb !== 'start') {
      await this.#gateway?.end('SIGTERM');
      this.#gateway = null;
    }
    if (verb !== 'stop') await this.start();
  }
}
