import { type RawResponse, send } from '../bad-input/send.ts';
import { OPERATIONS, type Operation, operationOf, problem, problemOfAnswer, resolved } from './document.ts';

export interface SentRequest {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Bytes, or what is sent as JSON. */
  readonly body?: unknown;
}

/** Sends requests, holds each response against the contract, and notes which of its responses have occurred. */
export class Recorder {
  /** `GET /v1/me 200`, `GET /v1/instances 200 with Link`, `GET /v1/usage 200 as text/csv`. */
  readonly #occurred = new Set<string>();
  readonly #violations = new Set<string>();

  async send(url: string, { method, path, headers = {}, body }: SentRequest): Promise<RawResponse> {
    const isBytes = body instanceof Uint8Array;
    const type = isBytes ? 'application/octet-stream' : 'application/json';
    const received = await send(url, {
      method,
      path,
      headers: { ...(body !== undefined && { 'content-type': type }), ...headers },
      body: isBytes ? body : body === undefined ? null : JSON.stringify(body),
      chunked: false,
    });
    this.#record(operationOf(method, path.replace(/\?.*/s, '')), received);
    return received;
  }

  #record({ method, path, operation }: Operation, received: RawResponse): void {
    const name = `${method} ${path} ${received.status}`;
    const response: DocumentedResponse | undefined = resolved(operation.responses[received.status]);
    if (response !== undefined)
      for (const part of partsOf(response).filter((one) => hasPart(received, one)))
        this.#occurred.add(`${name}${part}`);
    const problems = response === undefined ? ['is not documented'] : problemsOf(response, received);
    for (const one of problems) this.#violations.add(`${name}: ${one}: ${received.text.slice(0, 160)}`);
  }

  /** What the contract lacks or describes otherwise, of the responses since the last call. */
  takeViolations(): string[] {
    const found = [...this.#violations];
    this.#violations.clear();
    return found;
  }

  /** The responses of the contract that have not occurred, with each of their media types and optional headers. */
  missing(): string[] {
    return OPERATIONS.flatMap(({ method, path, operation }) =>
      Object.keys(operation.responses).flatMap((status) =>
        partsOf(resolved(operation.responses[status])).map((part) => `${method} ${path} ${status}${part}`),
      ),
    ).filter((name) => !this.#occurred.has(name));
  }
}

interface DocumentedResponse {
  readonly headers?: Readonly<Record<string, object>>;
  readonly content?: Readonly<Record<string, Content>>;
}

interface Content {
  readonly schema?: object;
  readonly example?: { readonly error?: { readonly code: string } };
}

/** Headers that not every response of an operation has. */
const OPTIONAL = ['Link', 'Idempotency-Replayed'];

/** The response itself, and each optional header and media type of it. */
function partsOf({ headers = {}, content = {} }: DocumentedResponse): string[] {
  const [, ...others] = Object.keys(content);
  const optional = OPTIONAL.filter((name) => name in headers);
  return ['', ...optional.map((name) => ` with ${name}`), ...others.map((media) => ` as ${media}`)];
}

function hasPart(received: RawResponse, part: string): boolean {
  const [, kind, name = ''] = part.split(' ');
  if (kind === 'with') return received.headers[name.toLowerCase()] !== undefined;
  return kind === undefined || mediaOf(received) === name;
}

function mediaOf({ headers }: RawResponse): string | null {
  return headers['content-type']?.replace(/;.*/, '') ?? null;
}

function problemsOf(response: DocumentedResponse, received: RawResponse): string[] {
  const { headers, text } = received;
  const problems = Object.entries(response.headers ?? {}).flatMap(([name, reference]) => {
    const value = headers[name.toLowerCase()];
    if (value === undefined) return OPTIONAL.includes(name) ? [] : [`has no ${name}`];
    const { schema } = resolved(reference);
    const wrong = problem(schema, schema.type === 'integer' ? Number(value) : value);
    return wrong === null ? [] : [`${name} ${value}: ${wrong}`];
  });
  const media = mediaOf(received);
  if (response.content === undefined) return text === '' ? problems : [...problems, 'has a body'];
  const content = media === null ? undefined : response.content[media];
  if (content === undefined) return [...problems, `is of type ${media}`];
  // A stream of events has no schema.
  if (content.schema === undefined) return problems;
  const value = media === 'application/json' ? JSON.parse(text) : text;
  const wrong = problemOfAnswer(content.schema, value);
  if (wrong !== null) return [...problems, wrong];
  const code: string | undefined = content.example?.error?.code;
  const isOther = code !== undefined && value.error.code !== code;
  return isOther ? [...problems, `has another code than ${code}`] : problems;
}
