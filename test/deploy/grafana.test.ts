import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { COUNTERS, GAUGES, HISTOGRAMS } from '../../src/telemetry/metrics.ts';
import { read } from '../docs/pages.ts';
import { EventReader } from '../events/event-reader.ts';
import { startProcess } from '../support/gateway-process.ts';
import { promtool } from '../support/promtool.ts';
import { startRedis } from '../support/redis.ts';

const run = promisify(execFile);

interface Panel {
  readonly type: string;
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly expr: string; readonly legendFormat: string }[];
}
interface Dashboard {
  readonly uid: string;
  readonly templating: { readonly list: readonly { readonly name: string }[] };
  readonly panels: readonly Panel[];
}

const DASHBOARDS = readdirSync(join(import.meta.dirname, '../../deploy/grafana'))
  .filter((name) => name.endsWith('.json'))
  .map((name) => JSON.parse(read(`deploy/grafana/${name}`)) as Dashboard);
const PANELS = DASHBOARDS.flatMap(({ panels }) => panels.filter(({ type }) => type !== 'row'));
const TARGETS = PANELS.flatMap(({ title, targets = [] }) => targets.map((target) => ({ title, ...target })));
const RULES = ['recording', 'alerts'].flatMap((name) => expressionsOf(`deploy/prometheus/${name}.yaml`));

/** Of the dashboards: a gateway without any trouble, and one that has run for seconds, has no sample of these. */
const OF_TROUBLE_OR_TIME = [
  'linguanova_cache_revalidations_total',
  'linguanova_connections_closed_total',
  'linguanova_event_streams_closed_total',
  'linguanova_events_total',
  'linguanova_log_lines_dropped_total',
  'linguanova_reconcile_released_total',
  'linguanova_reconcile_runs_total',
  'linguanova_redis_failures_total',
  'linguanova_upstream_rejections_total',
];

const LABELS = new Map<string, readonly string[]>([
  ...Object.entries(COUNTERS).map(([name, { labels }]) => [`linguanova_${name}_total`, labels] as const),
  ...Object.entries(GAUGES).map(([name, { labels }]) => [`linguanova_${name}`, labels] as const),
  ...Object.entries(HISTOGRAMS).flatMap(([name, { labels }]) =>
    ['bucket', 'count', 'sum'].map((part) => [`linguanova_${name}_${part}`, labels] as const),
  ),
]);

test('Prometheus parses the query of each panel', async () => {
  const program = await promtool();
  if (program === null) return;
  const rules = TARGETS.map(({ expr }, n) => ({
    record: `panel:${n}`,
    expr: expr.replaceAll('$__rate_interval', '5m').replaceAll(/\$\w+/g, '.+'),
  }));
  const file = join(mkdtempSync(join(tmpdir(), 'linguanova-panels-')), 'panels.yaml');
  writeFileSync(file, JSON.stringify({ groups: [{ name: 'panels', rules }] }));
  await run(program, ['check', 'rules', file]);
});

test('a gateway under traffic has every metric that a panel or rule names, and a sample of each', async () => {
  const redis = await startRedis();
  const gateway = await startProcess({
    LINGUANOVA_SANDBOX: '1',
    LOG_LEVEL: 'silent',
    ...(redis !== null && { REDIS_URL: redis.url }),
  });
  const key = /x-api-key: (\w+)"/.exec(gateway.stdout())?.[1] ?? '';
  const headers = { 'x-api-key': key, 'content-type': 'application/json' };
  const events = await EventReader.open(gateway.url, key);
  const missing = { 'idempotency-key': 'grafana', ...headers };
  await fetch(`${gateway.url}/v1/instances`, { method: 'POST', headers: missing, body: '{"name":"x"}' });
  for (const path of ['/v1/instances', '/v1/instances', '/compute/v2.1/servers', '/v1/none', '/console']) {
    await fetch(gateway.url + path, { headers: { 'x-auth-token': key, ...headers } });
  }
  const exposed = await (await fetch(`${gateway.url}/metrics`)).text();
  events.close();
  await gateway.end('SIGKILL');
  await redis?.stop();

  const declared = new Set([...exposed.matchAll(/^# TYPE (\S+)/gm)].map(([, name = '']) => name));
  const sampled = new Set([...exposed.matchAll(/^(\w+)(?:\{| )/gm)].map(([, name = '']) => name));
  const named = new Set([...TARGETS.map(({ expr }) => expr), ...RULES].flatMap(metricsOf));
  const series = (name: string) => name.replace(/_(bucket|count|sum)$/, '');
  const isOptional = (name: string) => redis === null && name === 'linguanova_redis_up';
  expect([...named].filter((name) => !declared.has(series(name)) && !isOptional(name))).toEqual([]);
  const onDashboards = new Set(TARGETS.flatMap(({ expr }) => metricsOf(expr)));
  const silent = [...onDashboards].filter((name) => !sampled.has(name) && !isOptional(name));
  expect(silent.filter((name) => !OF_TROUBLE_OR_TIME.includes(name))).toEqual([]);
});

test.each(TARGETS)('the panel "$title" uses labels that its metrics have', ({ expr, legendFormat }) => {
  const metrics = metricsOf(expr).filter((name) => LABELS.has(name));
  const labels = ['job', 'instance', 'le', ...metrics.flatMap((name) => LABELS.get(name) ?? [])];
  const used = [
    ...[...expr.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, list = '']) => list.split(/,\s*/)),
    ...[...expr.matchAll(/(\w+)(?:=~|!~|!=|=)"/g)].map(([, label = '']) => label),
    ...[...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label = '']) => label),
  ];
  expect(used.filter((label) => !labels.includes(label))).toEqual([]);
});

test('dashboards have ids of their own, variables for job and instance, and no overlapping panels', () => {
  expect(new Set(DASHBOARDS.map(({ uid }) => uid)).size).toBe(DASHBOARDS.length);
  for (const { templating, panels } of DASHBOARDS) {
    expect(templating.list.map(({ name }) => name)).toEqual(['datasource', 'job', 'instance']);
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, n) => `${x + (n % w)},${y + Math.floor(n / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
  }
});

function metricsOf(expression: string): string[] {
  return [...expression.matchAll(/(?<![\w:])(?:linguanova|process|nodejs)_\w+(?!:)/g)].map(([name]) => name);
}

function expressionsOf(path: string): string[] {
  const { groups } = parse(read(path)) as { groups: readonly { rules: readonly { expr: string }[] }[] };
  return groups.flatMap(({ rules }) => rules.map(({ expr }) => expr));
}
