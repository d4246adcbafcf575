import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { code, read, rows, section } from './pages.ts';

const ROOT = join(import.meta.dirname, '../..');
const PAGE = read('docs/operating.md');

test('the configuration table lists exactly the variables that are read', () => {
  const documented = rows(section(PAGE, 'Configuration')).map(([variable]) => code(variable));
  const [, environment = ''] =
    /export const Environment = z\.object\(\{\n([\s\S]*?)^\}\)/m.exec(read('src/config/environment.ts')) ??
    [];
  const variables = [...environment.matchAll(/^ {2}([A-Z][A-Z0-9_]+):/gm)].map(([, name]) => name);
  expect(documented.toSorted()).toEqual(variables.toSorted());
});

test('the table of log lines lists exactly the events that are written, with their levels', () => {
  const documented = rows(section(PAGE, 'Logs')).map(([event, level]) => `${code(event)} ${level}`);
  const written = [...sources('src'), ...sources('adapters')].flatMap((file) =>
    [...read(file).matchAll(/\blog(?:'\))?\??\.(info|warn|error)\(\s*'([a-z_]+)'/g)].map(
      ([, level, event]) => `${event} ${level}`,
    ),
  );
  expect(documented.toSorted()).toEqual([...new Set(written)].toSorted());
});

test('the table of metrics lists exactly those there are, with their kinds and labels', () => {
  const documented = rows(section(PAGE, 'Metrics')).map(([name, kind, labels = '']) =>
    [code(name), kind, ...[...labels.matchAll(/`(\w+)`/g)].map(([, label]) => label)].join(' '),
  );
  const source = read('adapters/node/prometheus.ts');
  const real = [
    ['COUNTERS', 'counter', '_total'],
    ['GAUGES', 'gauge', ''],
    ['HISTOGRAMS', 'histogram', ''],
  ].flatMap(([table, kind, ending]) => {
    const [, body = ''] = new RegExp(`const ${table}[^=]*= \\{\\n([\\s\\S]*?)^\\};`, 'm').exec(source) ?? [];
    return [...body.matchAll(/^ {2}(\w+): \{[\s\S]*?labels: \[([^\]]*)\]/gm)].map(([, name, labels = '']) =>
      [
        `linguanova_${name}${ending}`,
        kind,
        ...[...labels.matchAll(/'(\w+)'/g)].map(([, label]) => label),
      ].join(' '),
    );
  });
  expect(documented.toSorted()).toEqual(real.toSorted());
});

test('the options of reconcile are those of the command line', () => {
  const documented = rows(section(PAGE, 'Reconcile')).map(([option]) => code(option).split(' ')[0]);
  const [, usage = ''] =
    /async function runReconcile([\s\S]*?)\n\}/.exec(read('adapters/node/main.ts')) ?? [];
  const [, options = ''] = /options: \{([\s\S]*?)\n {4}\}/.exec(usage) ?? [];
  const real = [...options.matchAll(/^\s*'?([a-z-]+)'?: \{ type/gm)].map(([, name]) => `--${name}`);
  expect(documented.toSorted()).toEqual(real.toSorted());
});

/** The TypeScript files of a folder, tests left out. */
function sources(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .map((name) => `${folder}/${name.replaceAll('\\', '/')}`)
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts'));
}
