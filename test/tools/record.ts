/**
 * What `npm run test:tools` has found out: one file a tool in `results/`, from which `npm run docs:reference` makes the table of
 * `docs/tools/README.md`.
 *
 * @module
 */

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openStackRelease } from '../support/real-openstack.ts';

const FOLDER = join(import.meta.dirname, 'results');

/** How a tool reaches the cloud. */
export type Where = 'directly' | 'gateway' | 'redu chain' | 'sandbox';

export interface Run {
  /** Its name in the table, the same in all files. */
  readonly tool: string;
  readonly version: string;
  /** What was run, in a few words: "create, change, destroy of 16 resources". */
  readonly run: string;
  readonly where: Where;
  /** A few words or figures: "11 of 11 steps". */
  readonly outcome: string;
}

export interface RecordedRun extends Run {
  /** The release of the OpenStack; null on the sandbox. */
  readonly release: string | null;
  readonly date: string;
}

/** Replaces what is recorded of the same run. To be called before the outcome is asserted, so that a failure is recorded too. */
export function record({ tool, version, run, where, outcome }: Run): void {
  const release = where === 'sandbox' ? null : openStackRelease();
  const date = new Date().toISOString().slice(0, 10);
  const one: RecordedRun = { tool, version, run, where, release, outcome, date };
  const file = join(FOLDER, `${tool.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}.json`);
  const others = recordedRuns().filter((other) => other.tool === tool && keyOf(other) !== keyOf(one));
  const sorted = [...others, one].sort((a, b) => keyOf(a).localeCompare(keyOf(b)));
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(file, `${JSON.stringify(sorted, null, 2)}\n`);
}

export function recordedRuns(): RecordedRun[] {
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith('.json'))
    .flatMap((name) => JSON.parse(readFileSync(join(FOLDER, name), 'utf8')));
}

function keyOf({ version, run, where, release }: RecordedRun): string {
  return JSON.stringify([run, version, where, release]);
}
