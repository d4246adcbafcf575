import { expect, test } from 'vitest';
import { prometheusMetrics } from './prometheus.ts';

test('counts by labels, and goes on counting after it was asked', async () => {
  const metrics = prometheusMetrics();
  const count = (status: string) =>
    metrics.count('requests', { method: 'GET', dialect: 'redu', route: '/v1/me', status });
  count('200');
  count('200');
  count('404');
  await metrics.expose();
  count('200');
  const lines = (await metrics.expose()).split('\n').filter((line) => line.startsWith('linguanova_requests'));
  expect(lines.sort()).toEqual([
    'linguanova_requests_total{method="GET",dialect="redu",route="/v1/me",status="200"} 3',
    'linguanova_requests_total{method="GET",dialect="redu",route="/v1/me",status="404"} 1',
  ]);
});
