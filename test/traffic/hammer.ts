/** One answer, and when it came; milliseconds. */
export interface Answer {
  readonly at: number;
  readonly status: number;
  readonly node: string;
}

/** How many requests may be sent, so that a fast machine sends no more before an event than a slow one. */
export class Allowance {
  #left: number;
  #more = Promise.withResolvers<void>();

  constructor(requests: number) {
    this.#left = requests;
  }

  add(requests: number): void {
    this.#left += requests;
    this.#more.resolve();
    this.#more = Promise.withResolvers();
  }

  /** Waits until another request may be sent. */
  async take(): Promise<void> {
    while (this.#left <= 0) await this.#more.promise;
    this.#left -= 1;
  }
}

/**
 * Asks as fast as it is answered, with so many clients, each at one of the nodes.
 *
 * @param during For how long: until this resolves.
 * @param answers Gets them as they come.
 */
export async function hammer(
  urls: readonly string[],
  key: string,
  clients: number,
  during: Promise<unknown>,
  answers: Answer[] = [],
  allowance = new Allowance(Number.POSITIVE_INFINITY),
): Promise<Answer[]> {
  let over = false;
  const end = during.finally(() => {
    over = true;
    allowance.add(Number.POSITIVE_INFINITY);
  });
  await Promise.all(
    Array.from({ length: clients }, async (_, index) => {
      const node = urls[index % urls.length] ?? '';
      for (await allowance.take(); !over; await allowance.take()) {
        const status = await fetch(`${node}/v1/api_keys?limit=1`, { headers: { 'x-api-key': key } }).then(
          async (response) => {
            await response.arrayBuffer();
            return response.status;
          },
          () => 0,
        );
        answers.push({ at: performance.now(), status, node });
      }
    }),
  );
  await end;
  return answers;
}

/** Admitted requests by window: with demand that never ends, a window's come at once and are followed by a silence. */
export function bursts(answers: readonly Answer[], silence: number): Answer[][] {
  const admitted = answers.filter(({ status }) => status === 200).toSorted((a, b) => a.at - b.at);
  const found: Answer[][] = [];
  for (const [index, answer] of admitted.entries()) {
    const before = admitted[index - 1];
    if (before === undefined || answer.at - before.at > silence) found.push([]);
    found.at(-1)?.push(answer);
  }
  return found;
}

export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
