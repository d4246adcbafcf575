/**
 * A folder with a stack of Terraform files, and the commands of OpenTofu in it.
 *
 * @module
 */

import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installed } from '../install.ts';
import type { Way } from '../ways.ts';

export const VERSION = 'OpenTofu 1.10.10, provider 3.4.0';
export type Stack = 'stack' | 'compute';
type Variables = Readonly<Record<string, unknown>>;

const STEP_MS = 600_000;

export class Workspace {
  readonly #folder: string;
  readonly #home: string;
  readonly #env: NodeJS.ProcessEnv;
  readonly #fixed: Variables;

  private constructor(folder: string, home: string, { env }: Way, fixed: Variables) {
    this.#folder = folder;
    this.#home = home;
    this.#fixed = fixed;
    const paths = { PATH: process.env.PATH, TF_CLI_CONFIG_FILE: join(home, 'tofurc') };
    this.#env = { ...env, ...paths, TF_IN_AUTOMATION: '1', CHECKPOINT_DISABLE: '1' };
  }

  /** @param fixed Variables of every command. */
  static async open(stack: Stack, way: Way, fixed: Variables): Promise<Workspace> {
    const folder = mkdtempSync(join(tmpdir(), 'linguanova-terraform-'));
    cpSync(join(import.meta.dirname, stack), folder, { recursive: true });
    return new Workspace(folder, await installed('terraform'), way, fixed);
  }

  /** @returns null, or what went wrong. */
  apply(variables: Variables): Promise<string | null> {
    return this.#tofu(['apply', '-auto-approve'], variables);
  }

  /** Whether a plan right after would change anything: the changes, or null. */
  drift(variables: Variables): Promise<string | null> {
    return this.#tofu(['plan', '-detailed-exitcode'], variables);
  }

  destroy(variables: Variables): Promise<string | null> {
    return this.#tofu(['destroy', '-auto-approve'], variables);
  }

  close(): void {
    rmSync(this.#folder, { recursive: true });
  }

  #tofu(command: readonly string[], variables: Variables): Promise<string | null> {
    const values = Object.entries({ ...this.#fixed, ...variables }).flatMap(([name, value]) => [
      '-var',
      `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
    ]);
    const options = { cwd: this.#folder, env: this.#env, timeout: STEP_MS, maxBuffer: 64 * 1024 * 1024 };
    return new Promise((resolve) => {
      execFile(
        join(this.#home, 'bin/tofu'),
        [...command, '-no-color', ...values],
        options,
        (error, stdout, stderr) =>
          resolve(error === null ? null : `${stdout.slice(-3_000)}${stderr.slice(-3_000)}`),
      );
    });
  }
}

/** The life of a stack: each step's name, and null or what went wrong. What follows a failure is not done, save for the destruction. */
export async function life(workspace: Workspace, first: Variables, changed: Variables, grown: Variables) {
  const steps: readonly (readonly [string, () => Promise<string | null>])[] = [
    ['create', () => workspace.apply(first)],
    ['nothing to change', () => workspace.drift(first)],
    ['change', () => workspace.apply(changed)],
    ['nothing to change after it', () => workspace.drift(changed)],
    ['resize and grow', () => workspace.apply(grown)],
    ['nothing to change at the end', () => workspace.drift(grown)],
  ];
  const outcomes: Record<string, string | null> = {};
  for (const [name, run] of steps) {
    const failure = await run();
    outcomes[name] = failure;
    if (failure !== null) break;
  }
  outcomes.destroy = await workspace.destroy(grown);
  return outcomes;
}
