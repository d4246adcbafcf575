import { expect, test } from 'vitest';
import { keyMetrics } from '../../src/access/key-metrics.ts';
import { prometheusMetrics } from './prometheus.ts';

const COUNTS = { active: 2, disabled: 0, expired: 1, revoked: 0 };

async function scraped(countByState: () => Promise<typeof COUNTS>): Promise<string> {
  const metrics = prometheusMetrics();
  metrics.beforeExpose(keyMetrics({ countByState }, metrics));
  return metrics.expose();
}

test('a scrape shows the keys by state and that the store responds', async () => {
  const text = await scraped(async () => COUNTS);
  expect(text).toContain('linguanova_keys{state="active"} 2');
  expect(text).toContain('linguanova_store_up 1');
});

test.each([
  ['that fails', () => Promise.reject(new Error('no connection'))],
  ['that does not respond', () => new Promise<never>(() => {})],
])('a scrape shows a store %s as down', async (_, countByState) => {
  const text = await scraped(countByState);
  expect(text).toContain('linguanova_store_up 0');
  expect(text).not.toContain('linguanova_keys{');
});
