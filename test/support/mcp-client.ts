/** Messages of the Model Context Protocol as a client writes them, so that tests depend on no library of it. */

export interface McpClient {
  /** The response to one message. */
  send(message: object, headers?: Readonly<Record<string, string>>): Promise<McpResponse>;
  /** The result of a method. */
  request(method: string, params?: object): Promise<Parsed>;
  /** The result of a tool. */
  call(name: string, args?: object): Promise<Parsed>;
}

export interface McpResponse {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Parsed;
}

// biome-ignore lint/suspicious/noExplicitAny: tests read whatever the gateway responded
type Parsed = any;

export function mcpClient(url: string, key: string): McpClient {
  const send: McpClient['send'] = async (message, headers = {}) => {
    const response = await fetch(`${url}/mcp`, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/json',
        Accept: 'application/json, text/event-stream',
        ...(key !== '' && { Authorization: `Bearer ${key}` }),
        ...headers,
      },
      body: JSON.stringify(message),
    });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json');
    return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
  };
  const request: McpClient['request'] = async (method, params = {}) => {
    const { status, body } = await send({ jsonrpc: '2.0', id: 1, method, params });
    if (status !== 200 || body.error) throw new Error(`${method}: ${status} ${JSON.stringify(body)}`);
    return body.result;
  };
  return {
    send,
    request,
    call: (name, args = {}) => request('tools/call', { name, arguments: args }),
  };
}
