/** One response and its time. */
export interface Sample {
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
 * Sends requests back to back with this many clients, each at one of the nodes.
 *
 * @param during For how long: until this resolves.
 * @param samples Receives them as they arrive.
 */
export async function hammer(
  urls: readonly string[],
  key: string,
  clients: number,
  during: Promise<unknown>,
  samples: Sample[] = [],
  allowance = new Allowance(Number.POSITIVE_INFINITY),
): Promise<Sample[]> {
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
        samples.push({ at: performance.now(), status, node });
      }
    }),
  );
  await end;
  return samples;
}

/** Admitted requests by window: with demand that never ends, a window's come at once and are followed by a silence. */
export function bursts(samples: readonly Sample[], silence: number): Sample[][] {
  const admitted = samples.filter(({ status }) => status === 200).toSorted((a, b) => a.at - b.at);
  const found: Sample[][] = [];
  for (const [index, sample] of admitted.entries()) {
    const before = admitted[index - 1];
    if (before === undefined || sample.at - before.at > silence) found.push([]);
    found.at(-1)?.push(sample);
  }
  return found;
}

export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
