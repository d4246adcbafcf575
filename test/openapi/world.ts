import type { RunningGateway } from '../support/gateway.ts';
import { OPERATIONS, type Operation } from './document.ts';
import { type Fault, type FaultyGateways, faultyGateways } from './faulty-gateways.ts';
import { Recorder, type SentRequest } from './recorder.ts';
import { type ValidRequest, validRequests } from './valid-requests.ts';

/** What a valid request of an operation has in place of its own. */
export type Change = (request: SentRequest, operation: Operation) => Partial<SentRequest>;

export const unchanged: Change = () => ({});

export function withHeaders(headers: Readonly<Record<string, string>>): Change {
  return (request) => ({ headers: { ...request.headers, ...headers } });
}

/** Below that of the gateway's own sign-in. */
export const DEADLINE_MS = 300;

/** Gateways, and what sends them the requests of operations. */
export class World {
  readonly recorder = new Recorder();
  readonly gateways: FaultyGateways;
  readonly valid: ValidRequest;

  private constructor(gateways: FaultyGateways, valid: ValidRequest) {
    this.gateways = gateways;
    this.valid = valid;
  }

  static async open(): Promise<World> {
    const gateways = await faultyGateways();
    return new World(gateways, await validRequests(gateways));
  }

  /** Sends a changed request of each operation to the gateway without faults, or to another one. */
  async send(
    operations: readonly Operation[],
    change: Change = unchanged,
    { url }: Pick<RunningGateway, 'url'> = this.gateways.well,
  ): Promise<void> {
    const each = operations.map(async (operation) => {
      const request = await this.valid(operation);
      await this.recorder.send(url, { ...request, ...change(request, operation) });
    });
    await Promise.all(each);
  }

  /** Sends a valid request of each operation to a gateway whose cloud has this fault. */
  async sendToFaulty(fault: Fault, operations: readonly Operation[] = OPERATIONS): Promise<void> {
    await this.send(operations, unchanged, await this.gateways.start(fault, { deadline: DEADLINE_MS }));
  }
}
