import { expect, test } from 'vitest';
import { prometheusMetrics } from './prometheus.ts';

test('counters are kept by labels and survive a scrape', async () => {
  const metrics = prometheusMetrics();
  const count = (status: string) =>
    metrics.count('requests', {
      method: 'GET',
      dialect: 'redu',
      route: '/v1/me',
      status,
      region: 'RegionOne',
    });
  count('200');
  count('200');
  count('404');
  await metrics.expose();
  count('200');
  const lines = (await metrics.expose()).split('\n').filter((line) => line.startsWith('linguanova_requests'));
  expect(lines.sort()).toEqual([
    'linguanova_requests_total{method="GET",dialect="redu",route="/v1/me",status="200",region="RegionOne"} 3',
    'linguanova_requests_total{method="GET",dialect="redu",route="/v1/me",status="404",region="RegionOne"} 1',
  ]);
});

test('histograms have cumulative buckets by labels', async () => {
  const metrics = prometheusMetrics();
  const labels = { route: '/v1/me', dialect: 'redu', region: 'RegionOne' };
  for (const seconds of [0.0005, 0.001, 0.02, 31])
    metrics.observe('request_duration_seconds', seconds, labels);
  const text = await metrics.expose();
  expect(text).toContain('# TYPE linguanova_request_duration_seconds histogram');
  const line = (name: string, le = '') =>
    new RegExp(
      `^linguanova_request_duration_seconds_${name}{${le}route="/v1/me",dialect="redu",region="RegionOne"} (.*)$`,
      'm',
    ).exec(text)?.[1];
  expect(
    ['0.001', '0.01', '0.025', '30', String.raw`\+Inf`].map((le) => line('bucket', `le="${le}",`)),
  ).toEqual(['2', '2', '3', '3', '4']);
  expect(line('count')).toBe('4');
  expect(Number(line('sum'))).toBeCloseTo(31.0215);
});
