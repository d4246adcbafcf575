/** An answer of the gateway, for others to give too. */
export interface RecordedAnswer {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What every server writes by itself. */
const OWN = new Set(['date', 'connection', 'keep-alive', 'content-length', 'transfer-encoding']);

/** @throws Error when the answer is no success. */
export async function recordAnswer(
  url: string,
  headers: Readonly<Record<string, string>>,
): Promise<RecordedAnswer> {
  const response = await fetch(url, { headers });
  const body = await response.text();
  if (response.status !== 200) throw new Error(`${response.status} ${body}`);
  return { body, headers: Object.fromEntries([...response.headers].filter(([name]) => !OWN.has(name))) };
}
