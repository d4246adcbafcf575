import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { installTools as install } from '../support/tools.ts';

export const ROOT = join(import.meta.dirname, '../..');

/** Output of a program. @throws Error with its output if it fails. */
export async function run(
  program: string,
  args: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(program, args, { cwd: ROOT, ...options });
    return stdout;
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string };
    throw new Error(`${program} ${args.join(' ')}: ${stdout ?? ''}${stderr ?? error}`);
  }
}

export interface Packages {
  readonly gateway: string;
  readonly client: string;
}

/** Both tarballs, as `npm run build` makes them. */
export async function pack(): Promise<Packages> {
  await run('npm', ['run', '--silent', 'build']);
  const dist = join(ROOT, 'dist');
  const tarball = (pattern: RegExp) => join(dist, readdirSync(dist).find((name) => pattern.test(name)) ?? '');
  return { gateway: tarball(/^linguanova-\d.*\.tgz$/), client: tarball(/^linguanova-client-.*\.tgz$/) };
}

export interface Tools {
  bin(name: string): string;
  /** A file of an installed package. */
  module(path: string): string;
}

export async function installTools(): Promise<Tools> {
  const modules = await install(join(import.meta.dirname, 'tools'));
  return { bin: (name) => join(modules, '.bin', name), module: (path) => join(modules, path) };
}

/** An empty project outside of the repository with these packages. */
export async function project(...tarballs: readonly string[]): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'linguanova-project-'));
  writeFileSync(join(folder, 'package.json'), '{"private": true, "type": "module"}');
  await run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', ...tarballs], { cwd: folder });
  return folder;
}
