import { afterEach, expect, test, vi } from 'vitest';
import { RequestSpan } from '../../src/telemetry/request-spans.ts';
import { freePort } from '../../test/support/free-port.ts';
import { silentLogger } from '../../test/support/silent-logger.ts';
import { startTracing } from './tracing.ts';

afterEach(() => vi.unstubAllEnvs());

test('spans that no collector takes are reported, and do not fail the stop', async () => {
  vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', `http://127.0.0.1:${await freePort()}`);
  vi.stubEnv('OTEL_EXPORTER_OTLP_TIMEOUT', '300');
  const warn = vi.fn();
  const stop = await startTracing({ sampler: 'always_on', ratio: 1 }, { ...silentLogger, warn });
  const span = new RequestSpan(new Headers());
  const served = { method: 'GET', url: 'http://localhost/', route: '/', status: 200, userAgent: undefined };
  span.end(served, {});
  await stop();
  expect(warn.mock.calls).toEqual([['trace_export_failed', { spans: 1 }, expect.any(Error)]]);
});
