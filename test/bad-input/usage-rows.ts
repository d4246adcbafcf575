/** Invalid queries for usage, of operators and of customers. */
export const USAGE_ROWS: readonly { readonly query: string; readonly fields: readonly string[] }[] = [
  ...['from', 'to'].flatMap((field) =>
    [
      '',
      'yesterday',
      '1767225600',
      '2026-13-01',
      '2026-02-30',
      '2026-02-30T00:00:00Z',
      '2026-01-01T00:00:00',
      '2026-01-01T00:00:00+25:00',
      '%2B275760-09-13T00:00:00Z',
      '1969-12-31',
      'a'.repeat(400),
      '2026-01-01%00',
    ].map((value) => ({ query: `${field}=${value}`, fields: [field] })),
  ),
  { query: 'from=2026-01-02&to=2026-01-01', fields: ['from'] },
  { query: 'from=2026-01-01&to=2026-01-01', fields: ['from'] },
  { query: 'from=2999-01-01', fields: ['from'] },
  ...['', 'minute', 'Hour', 'hour,day'].map((value) => ({
    query: `interval=${value}`,
    fields: ['interval'],
  })),
  { query: 'interval=hour&interval=day', fields: ['interval'] },
  ...['', 'user', 'project,key'].map((value) => ({ query: `group_by=${value}`, fields: ['group_by.0'] })),
  { query: 'group_by=key&group_by=x', fields: ['group_by.1'] },
  ...['', 'A', 'a-b', 'a%00', 'a'.repeat(65)].map((value) => ({
    query: `key_id=${value}`,
    fields: ['key_id'],
  })),
  ...['', '0', '1001', '-1', '1.5'].map((value) => ({ query: `limit=${value}`, fields: ['limit'] })),
  ...['', 'x', 'WyJhIiwiYiJd', 'a'.repeat(301)].map((value) => ({
    query: `cursor=${value}`,
    fields: ['cursor'],
  })),
  { query: 'from=x&to=y&limit=z', fields: ['from', 'to', 'limit'] },
];
