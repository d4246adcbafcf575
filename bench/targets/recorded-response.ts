/** A response of the gateway, for other targets to send too. */
export interface RecordedResponse {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What every server writes by itself. */
const OWN = new Set(['date', 'connection', 'keep-alive', 'content-length', 'transfer-encoding']);

/** @throws Error when the response is no success. */
export async function recordResponse(
  url: string,
  headers: Readonly<Record<string, string>>,
): Promise<RecordedResponse> {
  const response = await fetch(url, { headers });
  const body = await response.text();
  if (response.status !== 200) throw new Error(`${response.status} ${body}`);
  return { body, headers: Object.fromEntries([...response.headers].filter(([name]) => !OWN.has(name))) };
}
