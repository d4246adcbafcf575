import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { ROOT } from './manifests.ts';

/** Output of a development dependency's command, or of npm. @throws Error with that output if it fails. */
export function run(command: string, ...args: readonly string[]): string {
  return runIn(ROOT, command, ...args);
}

export function runIn(folder: string, command: string, ...args: readonly string[]): string {
  const PATH = [join(ROOT, 'node_modules/.bin'), process.env.PATH].join(delimiter);
  const options = { cwd: folder, env: { ...process.env, PATH }, encoding: 'utf8' } as const;
  const { status, stdout, stderr } = spawnSync(command, args, options);
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed:\n${stdout}${stderr}`);
  return stdout;
}

export function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

export function writeJson(path: string, value: object): void {
  write(path, `${JSON.stringify(value, null, 2)}\n`);
}
