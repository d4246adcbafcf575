import * as z from 'zod';
import { Environment } from '../../src/config/environment.ts';
import { ENDPOINT_VARIABLES } from '../../src/config/given-endpoints.ts';
import { LOG_EVENTS } from '../../src/telemetry/log-events.ts';
import { COUNTERS, GAUGES, HISTOGRAMS } from '../../src/telemetry/metrics.ts';
import { NOTICE, table, ticks } from './markdown.ts';

/** `docs/reference.md`: environment variables, log events and metrics. */
export function reference(): string {
  return `${[
    NOTICE,
    '# Reference for operators',
    'How to use these: [operating.md](operating.md).',
    '## Variables',
    table(
      ['variable', 'default', 'meaning'],
      [
        ...Object.entries(Environment.shape).map(([name, schema]) => [
          ticks(name),
          defaultOf(schema),
          schema.description ?? '',
        ]),
        [ticks(ENDPOINT_VARIABLES.name), 'none', ENDPOINT_VARIABLES.description],
      ],
    ),
    '## Log events',
    'Lines of a request also have `request_id`, `key` and `project`, and `trace_id` if they belong to a [trace](operating.md#traces).',
    table(
      ['`msg`', 'level', 'meaning and fields'],
      Object.entries(LOG_EVENTS).flatMap(([level, events]) =>
        Object.entries(events).map(([event, meaning]) => [ticks(event), level, meaning]),
      ),
    ),
    '## Metrics',
    'Histograms are in seconds, in buckets from 1 ms to 30 s.',
    table(
      ['metric', 'kind', 'labels', 'meaning'],
      [
        ...metrics(COUNTERS, 'counter', '_total'),
        ...metrics(GAUGES, 'gauge', ''),
        ...metrics(HISTOGRAMS, 'histogram', ''),
      ],
    ),
  ].join('\n\n')}\n`;
}

function metrics(
  definitions: Readonly<Record<string, { readonly help: string; readonly labels: readonly string[] }>>,
  kind: string,
  suffix: string,
): string[][] {
  return Object.entries(definitions).map(([name, { help, labels }]) => [
    ticks(`linguanova_${name}${suffix}`),
    kind,
    labels.map(ticks).join(', '),
    help,
  ]);
}

/** As it would be written in the environment. */
export function defaultOf(schema: z.ZodType): string {
  if (!(schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault)) return 'none';
  const value = schema.def.defaultValue;
  if (Array.isArray(value)) return value.length === 0 ? 'none' : ticks(value.join(','));
  if (typeof value !== 'object' || value === null) return ticks(String(value));
  return ticks(
    Object.entries(value)
      .map(([name, part]) => `${name}=${part}`)
      .join(','),
  );
}
