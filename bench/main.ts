/**
 * The benchmarks: `node bench/main.ts a`, or `cached`; see docs/benchmarks.md.
 *
 * @module
 */

import { parseArgs } from 'node:util';
import { cached } from './cached.ts';
import { checkouts } from './checkouts.ts';
import { events } from './events.ts';
import { loadGenerator } from './harness/load.ts';
import { machine } from './harness/machine.ts';
import type { Setting, Stoppable } from './harness/setting.ts';
import { inventory } from './inventory.ts';
import { keys } from './keys.ts';
import { passThrough } from './pass-through.ts';
import { single } from './single.ts';
import { traversal } from './traversal.ts';

const BENCHMARKS: Readonly<Record<string, (setting: Setting) => Promise<void>>> = {
  cached,
  single,
  inventory,
  keys,
  events,
  'pass-through': passThrough,
  checkouts,
  traversal,
};
const LETTERS: Readonly<Record<string, string>> = {
  a: 'cached',
  b: 'single',
  c: 'inventory',
  d: 'keys',
  f: 'events',
  n: 'pass-through',
};

const USAGE = `node bench/main.ts [cached|single|inventory|keys|events|pass-through|checkouts|traversal ...] [--rounds 5] [--seconds 3] [--connections 64]
     [--warm-up 10] [--keys 10000] [--projects 1000] [--instances 1000,5000]
     [--listeners 1000] [--checkouts BASE,OTHER...] [--offline]`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '3' },
    connections: { type: 'string', default: '64' },
    'warm-up': { type: 'string', default: '10' },
    keys: { type: 'string', default: '10000' },
    projects: { type: 'string', default: '1000' },
    listeners: { type: 'string', default: '1000' },
    offline: { type: 'boolean', default: false },
    instances: { type: 'string', default: '1000,5000' },
    checkouts: { type: 'string', default: '' },
  },
});
const pace = {
  rounds: Number(values.rounds),
  seconds: Number(values.seconds),
  connections: Number(values.connections),
  warmUpSeconds: Number(values['warm-up']),
};
const scale = {
  keys: Number(values.keys),
  projects: Number(values.projects),
  listeners: Number(values.listeners),
  instances: values.instances.split(',').map(Number),
};
const checkoutFolders = values.checkouts.split(',').filter(Boolean);
const names = positionals.map((name) => LETTERS[name] ?? name);
const wrong = !Object.values({ ...pace, ...scale })
  .flat()
  .every((n) => Number.isInteger(n) && n > 0);
if (wrong || names.some((name) => !(name in BENCHMARKS))) {
  console.error(USAGE);
  process.exit(2);
}

const install = !values.offline;
const generator = await loadGenerator(install);
console.log(await machine(generator.name));
console.log(`${pace.rounds} rounds of ${pace.seconds} s in turns; medians`);
const all = Object.keys(BENCHMARKS).filter((name) => name !== 'checkouts' || checkoutFolders.length > 0);
for (const name of names.length > 0 ? names : all) {
  const started: Stoppable[] = [];
  const setting: Setting = {
    generator,
    pace,
    scale: { ...scale, checkouts: checkoutFolders },
    install,
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
