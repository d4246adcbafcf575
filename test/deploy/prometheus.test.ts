import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { code, read, rows, section } from '../docs/pages.ts';
import { promtool } from '../support/promtool.ts';

const run = promisify(execFile);
const FOLDER = join(import.meta.dirname, '../../deploy/prometheus');

interface Rules {
  readonly groups: readonly { readonly rules: readonly { readonly alert: string }[] }[];
}
interface RuleTests {
  readonly tests: readonly {
    readonly alert_rule_test: readonly { readonly alertname: string; readonly exp_alerts?: object[] }[];
  }[];
}

const ALERTS = (parse(read('deploy/prometheus/alerts.yaml')) as Rules).groups.flatMap(({ rules }) =>
  rules.map(({ alert }) => alert),
);

test('promtool accepts the rules; each alert fires on its series, and none for healthy gateways', async () => {
  const program = await promtool();
  if (program === null) return;
  await run(program, ['check', 'rules', 'recording.yaml', 'alerts.yaml'], { cwd: FOLDER });
  await run(program, ['test', 'rules', 'tests.yaml'], { cwd: FOLDER });
});

test('each alert has a test that fires it, one in which it does not, and a row in the runbook', () => {
  const tested = (parse(read('deploy/prometheus/tests.yaml')) as RuleTests).tests.flatMap(
    ({ alert_rule_test }) => alert_rule_test,
  );
  const names = (fires: boolean) =>
    tested.filter(({ exp_alerts = [] }) => exp_alerts.length > 0 === fires).map(({ alertname }) => alertname);
  expect(names(true).toSorted()).toEqual(ALERTS.toSorted());
  expect(names(false).toSorted()).toEqual(ALERTS.toSorted());
  const documented = rows(section(read('docs/operating.md'), 'Alerts')).map(([signal = '']) => code(signal));
  expect(documented.filter((name) => name.startsWith('Linguanova'))).toEqual(ALERTS);
});
