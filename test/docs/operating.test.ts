import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { COMMANDS } from '../../adapters/node/commands/specification.ts';
import { Environment } from '../../src/config/environment.ts';
import { LOG_EVENTS } from '../../src/telemetry/log-events.ts';
import { COUNTERS, GAUGES, HISTOGRAMS } from '../../src/telemetry/metrics.ts';
import { code, PAGES, read, rows, section } from './pages.ts';
import { calledWith } from './prose.ts';

const ROOT = join(import.meta.dirname, '../..');
const EVENTS = Object.entries(LOG_EVENTS).flatMap(([level, events]) =>
  Object.keys(events).map((event) => `${level} ${event}`),
);

test('every log event is written somewhere, at its level', () => {
  const written = [...sources('src'), ...sources('adapters')].flatMap((file) =>
    calledWith(read(file), ['info', 'warn', 'error']).map(({ method, text }) => `${method} ${text}`),
  );
  expect(EVENTS.filter((event) => !written.includes(event))).toEqual([]);
});

test('every metric and variable that a page names exists', () => {
  const metrics = [
    ...Object.keys(COUNTERS).map((name) => `linguanova_${name}_total`),
    ...[...Object.keys(GAUGES), ...Object.keys(HISTOGRAMS)].map((name) => `linguanova_${name}`),
  ];
  const variables = [...Object.keys(Environment.shape), 'LINGUANOVA_KEY', 'LINGUANOVA_PORT'];
  for (const { path, text } of PAGES) {
    const named = [...text.matchAll(/`(linguanova_[a-z_]+)/g)].map(([, name]) => name);
    expect(
      named.filter((name) => !metrics.includes(name ?? '')),
      path,
    ).toEqual([]);
    const set = [...text.matchAll(/`(LINGUANOVA_[A-Z_]*[A-Z])`/g)].map(([, name]) => name);
    expect(
      set.filter((name) => !variables.includes(name ?? '')),
      path,
    ).toEqual([]);
  }
});

test('the runbook names only log events that exist', () => {
  const alerts = rows(section(read('docs/operating.md'), 'Alerts')).flatMap(([signal = '', , action = '']) =>
    [...`${signal} ${action}`.matchAll(/`([a-z]+(?:_[a-z]+)+)`/g)].map(([, name = '']) => name),
  );
  const events = EVENTS.map((event) => event.split(' ')[1]);
  const others = /^(linguanova_|wrong_|slow_consumer)/;
  expect(alerts.filter((name) => !others.test(name) && !events.includes(name))).toEqual([]);
});

test('the options of reconcile are those of the command line', () => {
  const documented = rows(section(read('docs/operating.md'), 'Reconcile')).map(
    ([option]) => code(option).split(' ')[0],
  );
  expect(documented.toSorted()).toEqual(
    Object.keys(COMMANDS.reconcile.options)
      .map((name) => `--${name}`)
      .toSorted(),
  );
});

/** The TypeScript files of a folder, tests left out. */
function sources(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .map((name) => `${folder}/${name.replaceAll('\\', '/')}`)
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts'));
}
