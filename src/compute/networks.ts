/**
 * The parts of a network, and the driver's calls on them.
 *
 * @module
 */

import type { Network } from './model.ts';

export interface Subnet {
  readonly id: string;
  readonly cidr: string;
  readonly gateway: string | null;
}

export interface RouterInterface {
  readonly routerId: string;
  readonly subnetId: string;
}

export interface NetworkDetail extends Network {
  readonly subnets: readonly Subnet[];
  /** Of the project's own routers. */
  readonly interfaces: readonly RouterInterface[];
}

export interface Router {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  /** null: no way out. */
  readonly externalNetworkId: string | null;
  readonly created: string;
}

export interface NewNetwork {
  readonly name: string;
  readonly description: string;
  /** With `nativeAccessFlags` the cloud makes these parts too; other clouds ignore them. */
  readonly cidr: string;
  readonly routed: boolean;
}

export interface NetworkCalls {
  /** As in `listNetworks`. `not_found`. */
  getNetwork(id: string): Promise<NetworkDetail>;
  /** `quota_exceeded`. */
  createNetwork(network: NewNetwork): Promise<Network>;
  describeNetwork(id: string, description: string): Promise<void>;
  /** With its subnets. `not_found`; `conflict`: in use. */
  deleteNetwork(id: string): Promise<void>;
  /** `invalid`: a range that the cloud does not take; `quota_exceeded`. */
  createSubnet(networkId: string, cidr: string): Promise<Subnet>;
  /** The project's own. */
  listRouters(): Promise<readonly Router[]>;
  /** `quota_exceeded`, `conflict` (no address left). */
  createRouter(name: string, externalNetworkId: string, description: string): Promise<Router>;
  /** A missing one is no error. `conflict`: it has interfaces. */
  deleteRouter(id: string): Promise<void>;
  /** `invalid`: the range overlaps with another network of the router. Idempotent. */
  addRouterInterface(to: RouterInterface): Promise<void>;
  /** A missing one is no error. `conflict`: a floating IP uses it. */
  removeRouterInterface(from: RouterInterface): Promise<void>;
}
