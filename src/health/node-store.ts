import type { NodeReport } from './node-report.ts';

/** A gateway process. */
export interface GatewayNode {
  /** Random. */
  readonly id: string;
  /** Name of the machine. */
  readonly name: string;
  readonly version: string;
  readonly startedAt: string;
  /** Its last heartbeat. */
  readonly seenAt: string;
  readonly report: NodeReport;
}

/**
 * The port for the gateways on one database. Contract, held by `test/conformance/node-store.ts`: times are as `Date.toISOString`
 * prints them; an unreachable database rejects with `ComputeError` `unavailable`.
 */
export interface NodeStore {
  /** Inserts or replaces a node, and deletes those that were last seen before `forgetBefore`. */
  beat(node: GatewayNode, forgetBefore: string): Promise<void>;
  /** A missing one is no error. */
  remove(id: string): Promise<void>;
  /** The `limit` last seen. */
  list(limit: number): Promise<readonly GatewayNode[]>;
}
