/**
 * The benchmarks: `node bench/main.ts a`, or `cached`; see docs/benchmarks.md.
 *
 * @module
 */

import { parseArgs } from 'node:util';
import { cached } from './cached.ts';
import { loadGenerator } from './harness/load.ts';
import { machine } from './harness/machine.ts';
import type { Setting, Stoppable } from './harness/setting.ts';

const BENCHMARKS: Readonly<Record<string, (setting: Setting) => Promise<void>>> = { cached };
const LETTERS: Readonly<Record<string, string>> = { a: 'cached', b: 'single', c: 'fleet', d: 'keys' };

const USAGE = `node bench/main.ts [cached|single|fleet|keys ...] [--rounds 5] [--seconds 3] [--connections 64]`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '3' },
    connections: { type: 'string', default: '64' },
  },
});
const pace = {
  rounds: Number(values.rounds),
  seconds: Number(values.seconds),
  connections: Number(values.connections),
};
const names = positionals.map((name) => LETTERS[name] ?? name);
const wrong = !Object.values(pace).every((n) => Number.isInteger(n) && n > 0);
if (wrong || names.some((name) => !(name in BENCHMARKS))) {
  console.error(USAGE);
  process.exit(2);
}

const generator = await loadGenerator();
console.log(await machine(generator.name));
console.log(`${pace.rounds} rounds of ${pace.seconds} s in turns; medians`);
for (const name of names.length > 0 ? names : Object.keys(BENCHMARKS)) {
  const started: Stoppable[] = [];
  const setting: Setting = {
    generator,
    pace,
    print: (text) => console.log(`\n${text}`),
    stopLater(process) {
      if (process !== null) started.push(process);
      return process;
    },
  };
  try {
    await BENCHMARKS[name]?.(setting);
  } finally {
    for (const one of started.reverse()) await one.stop();
  }
}
