/**
 * The programs that `../shared/kubernetes/install` builds, as processes of one cluster: each logs into a file of the cluster's folder.
 *
 * @module
 */

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const HOME = process.env.KUBERNETES_HOME ?? '/tmp/kubernetes';
const SHARED = new URL('../../../../shared/kubernetes/', import.meta.url).pathname;
const STOP_MS = 15_000;

/** The version that `install` builds. */
export const KUBERNETES = '1.34.1';

/** Where they are. */
export const PROGRAMS = join(HOME, 'bin');

/** The manifests of the release of cloud-provider-openstack that `install` builds. */
export async function manifests(): Promise<string> {
  const module = `k8s.io/cloud-provider-openstack@v${KUBERNETES}`;
  const { stdout } = await promisify(execFile)('go', ['mod', 'download', '-json', module], { cwd: HOME });
  return join(JSON.parse(stdout).Dir, 'manifests');
}

/** Builds what is not there yet: 8 minutes of CPU and 3.5 GB the first time. */
export async function installKubernetes(): Promise<void> {
  await promisify(execFile)(join(SHARED, 'install'), { maxBuffer: 64 * 1024 * 1024 });
}

/** `../shared/kubernetes/cycle` with the cloud of these variables; its lines. */
export async function runCycle(
  name: string,
  env: Readonly<Record<string, string>>,
): Promise<readonly string[]> {
  const { PATH = '', HOME: home = '' } = process.env;
  const child = spawn(join(SHARED, 'cycle'), [name], {
    env: { PATH, HOME: home, KUBERNETES_HOME: HOME, STEP_SECONDS: '600', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let printed = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
    });
  await once(child, 'close');
  return printed.trimEnd().split('\n');
}

export class Programs {
  readonly #folder: string;
  readonly #running = new Map<string, ChildProcess>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Without the variables of the test, as nothing but its configuration may lead a program to a cloud. */
  start(name: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): void {
    const log = openSync(join(this.#folder, `${name}.log`), 'a');
    const child = spawn(join(PROGRAMS, name), args, {
      cwd: this.#folder,
      env: { PATH: process.env.PATH ?? '', HOME: this.#folder, ...env },
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    this.#running.set(name, child);
  }

  async stop(name: string): Promise<void> {
    const child = this.#running.get(name);
    this.#running.delete(name);
    if (child === undefined || child.exitCode !== null) return;
    const ended = once(child, 'close');
    child.kill('SIGTERM');
    const force = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
    await ended;
    clearTimeout(force);
  }

  async stopAll(): Promise<void> {
    for (const name of [...this.#running.keys()].reverse()) await this.stop(name);
  }

  /** Those that have ended by themselves. */
  ended(): string[] {
    return [...this.#running].filter(([, { exitCode }]) => exitCode !== null).map(([name]) => name);
  }

  log(name: string): string {
    const file = join(this.#folder, `${name}.log`);
    return existsSync(file) ? readFileSync(file, 'utf8') : '';
  }

  /** A program to its end; what it printed. */
  async run(name: string, args: readonly string[], input = ''): Promise<string> {
    const running = promisify(execFile)(join(PROGRAMS, name), args, {
      cwd: this.#folder,
      env: { PATH: `${PROGRAMS}:${process.env.PATH}`, HOME: this.#folder, KUBECONFIG: 'kubeconfig' },
    });
    running.child.stdin?.end(input);
    return (await running).stdout;
  }
}
