/**
 * A program of a tool, run by each way to a cloud. It prints its steps as JSON, `[[name, outcome], ...]`; what has another outcome
 * than directly has to be a named difference.
 *
 * @module
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RecordedRun, record, type Where } from './record.ts';
import { openWay, type ToolProject, toolProject, type Way } from './ways.ts';

export const PROGRAMS = join(import.meta.dirname, 'programs');

export type Steps = readonly (readonly [name: string, outcome: string])[];

export interface Program {
  readonly command: string;
  readonly args: readonly string[];
  /** By default that of the programs. */
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Signs in with the user's name and password; through a gateway a key's id and the key. */
  readonly hasPassword?: boolean;
}

export const WAYS = ['directly', 'gateway', 'redu chain', 'sandbox'] as const;

/** Where steps may differ from those sent directly: the name of the step, or the beginning of several, and why. */
export type Differences = Readonly<Partial<Record<Where, Readonly<Record<string, string>>>>>;

/** The project of a comparison and the ways to it, opened when they are first needed. */
export class Comparison {
  #project: Promise<ToolProject> | undefined;
  readonly #ways = new Map<Where, Promise<Way>>();
  readonly #outcomes = new Map<Program, Promise<Steps>>();

  way(where: Where): Promise<Way> {
    let way = this.#ways.get(where);
    if (way === undefined) {
      this.#project ??= where === 'sandbox' ? undefined : toolProject();
      way = Promise.resolve(where === 'sandbox' ? null : this.#project).then((project) =>
        openWay(where, project ?? null),
      );
      this.#ways.set(where, way);
    }
    return way;
  }

  /**
   * Runs the program by this way. Directly and on the sandbox its steps have to succeed; by the other ways those that do directly
   * need the same outcome.
   *
   * @returns The steps that differ, without the named ones.
   */
  async differences(
    program: Program,
    run: Pick<RecordedRun, 'tool' | 'version' | 'run' | 'where'>,
    named: Differences = {},
  ): Promise<string[]> {
    const { where } = run;
    const isCompared = where === 'gateway' || where === 'redu chain';
    const steps = where === 'directly' ? await this.#directly(program) : await this.#run(program, where);
    const wanted = (isCompared ? await this.#directly(program) : steps).filter(
      ([, outcome]) => !(isCompared && isFailure(outcome)),
    );
    const outcomes = new Map(steps);
    const differing = wanted.filter(
      ([name, outcome]) => isFailure(outcome) || outcomes.get(name) !== outcome,
    );
    const good = `${wanted.length - differing.length} of ${wanted.length} steps`;
    record({ ...run, outcome: isCompared ? `${good} as directly` : good });
    const reasons = Object.keys(named[where] ?? {});
    return differing
      .filter(([name]) => !reasons.some((reason) => name.startsWith(reason)))
      .map(([name, outcome]) => `${name}: ${outcomes.get(name)}, wanted ${outcome}`);
  }

  #directly(program: Program): Promise<Steps> {
    let steps = this.#outcomes.get(program);
    if (steps === undefined) {
      steps = this.#run(program, 'directly');
      this.#outcomes.set(program, steps);
    }
    return steps;
  }

  async #run(program: Program, where: Where): Promise<Steps> {
    const way = await this.way(where);
    if (program.hasPassword !== true) return runSteps(program, way);
    const project = where === 'directly' ? await this.#project : undefined;
    const OS_USERNAME = project?.userName ?? way.id;
    const OS_PASSWORD = project?.password ?? way.secret;
    const env = { ...program.env, OS_USERNAME, OS_PASSWORD, OS_PROJECT_ID: await projectOf(way) };
    return runSteps({ ...program, env }, way);
  }

  async close(): Promise<void> {
    for (const way of this.#ways.values()) await (await way).close();
    await (await this.#project)?.remove();
  }
}

/** The project that a token of this way is for. */
async function projectOf({ authUrl, id, secret }: Way): Promise<string> {
  const identity = { methods: ['application_credential'], application_credential: { id, secret } };
  const response = await fetch(`${authUrl}/auth/tokens`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ auth: { identity } }),
  });
  const { token } = (await response.json()) as { token: { project: { id: string } } };
  return token.project.id;
}

function isFailure(outcome: string): boolean {
  return outcome.startsWith('failed');
}

export async function runSteps(
  { command, args, cwd = PROGRAMS, env = {} }: Program,
  way: Way,
): Promise<Steps> {
  const home = mkdtempSync(join(tmpdir(), 'linguanova-tool-'));
  const child = spawn(command, args, {
    cwd,
    env: {
      PATH: process.env.PATH ?? '',
      HOME: home,
      PYTHONDONTWRITEBYTECODE: '1',
      ...way.env,
      WAY: way.where,
      ...env,
    },
  });
  let [out, err] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    out += chunk;
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    err += chunk;
  });
  const [code] = await once(child, 'close');
  rmSync(home, { recursive: true });
  if (process.env.TOOL_LOG !== undefined) console.warn(`${way.where}\n${err}`);
  const last = out.trim().split('\n').at(-1) ?? '';
  if (code !== 0 || !last.startsWith('['))
    throw new Error(`${command} ${args.join(' ')} (${way.where}) did not end well: ${code} ${err}`);
  return JSON.parse(last);
}
