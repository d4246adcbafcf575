/** What a browser sends along with a request of the console's own script. */
export const OWN_PAGE: Readonly<Record<string, string>> = {
  'x-linguanova-console': '1',
  'sec-fetch-site': 'same-origin',
};

/** A header that is to be left out is null. */
export type HeaderChange = Readonly<Record<string, string | null>>;

export interface SessionAnswer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests read whatever the gateway answered
  readonly body: any;
}

/** The console's page in a browser, as the gateway sees it: it stores the cookie, and sends a browser's headers. */
export class BrowserClient {
  readonly #url: string;
  readonly #address: string;
  /** As a browser sends it back. */
  cookie: string | null = null;

  /** @param address Where its requests come from. */
  constructor(url: string, address: string) {
    this.#url = url;
    this.#address = address;
  }

  async ask(
    method: string,
    path: string,
    body?: unknown,
    changed: HeaderChange = {},
  ): Promise<SessionAnswer> {
    const headers: Record<string, string | null> = {
      ...OWN_PAGE,
      'x-forwarded-for': this.#address,
      ...(method !== 'GET' && { origin: this.#url }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(this.cookie !== null && { cookie: this.cookie }),
      ...changed,
    };
    const sent = Object.entries(headers).filter((header): header is [string, string] => header[1] !== null);
    const response = await fetch(this.#url + path, {
      method,
      headers: sent,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const [set = null] = response.headers.getSetCookie();
    if (set !== null) this.cookie = /Max-Age=0/.test(set) ? null : (set.split(';')[0] ?? null);
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body: text === '' ? null : JSON.parse(text),
    };
  }
}
