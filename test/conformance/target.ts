import type { Cloud } from '../../src/compute/cloud.ts';
import type { Scope } from '../../src/scopes.ts';
import type { KeystoneAdmin } from '../support/keystone-admin.ts';
import type { OpenStackClient } from '../support/openstack-client.ts';
import type { ReduClient } from '../support/redu-client.ts';

/** A customer of the tested gateway. */
export interface Customer {
  readonly projectId: string;
  readonly projectName: string;
  readonly userId: string;
  readonly userName: string;
  readonly password: string;
  /** An application credential of the customer's own: restricted, all roles. */
  readonly applicationCredential: { readonly id: string; readonly secret: string };
  /** The project's own network, which a router connects to the external one. */
  readonly networkId: string;
  /** A client with a new key. Default scopes unless named. */
  client(scopes?: readonly Scope[]): Promise<ReduClient>;
  /** The customer's direct access to the cloud, past the gateway. */
  readonly openStack: OpenStackClient;
  /** The driver as this customer, for operations without a route. */
  cloud(): Cloud;
}

/**
 * The target of the suite: a gateway in front of an OpenStack with two customers, flavors m1.tiny to m1.large, two images, and
 * quotas of 100 instances (acme) and 3 (globex).
 */
export interface Target {
  readonly url: string;
  /** Another node with the same keys and cloud. */
  readonly secondUrl: string;
  readonly adminToken: string;
  readonly keystone: KeystoneAdmin;
  /** Upper bound in ms until a lost role takes effect. */
  readonly confirmAfter: number;
  readonly acme: Customer;
  readonly globex: Customer;
  close(): Promise<void>;
}

export const IMAGE = 'ubuntu-22.04-amd64';
export const OTHER_IMAGE = 'debian-12-amd64';
