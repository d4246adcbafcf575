/**
 * Security groups: their part of the driver interface.
 *
 * @module
 */

import type { SecurityGroup, SecurityGroupRule } from './model.ts';

export interface NewSecurityGroupRule
  extends Omit<
    SecurityGroupRule,
    'id' | 'securityGroupId' | 'remoteGroupId' | 'remoteAddressGroupId' | 'description'
  > {
  /** Not together with `remotePrefix`. */
  readonly remoteGroupId?: string;
  readonly description?: string;
}

export type SecurityGroupChange = Partial<Pick<SecurityGroup, 'name' | 'description'>>;

/** Writes on a group that is only shared with the project are `forbidden`. */
export interface SecurityGroupCalls {
  /** The project's own and those shared with it. */
  listSecurityGroups(filter?: { readonly allProjects?: boolean }): Promise<readonly SecurityGroup[]>;
  /** `not_found`. */
  getSecurityGroup(id: string): Promise<SecurityGroup>;
  /** `invalid`, `quota_exceeded`. */
  createSecurityGroup(name: string, description: string): Promise<SecurityGroup>;
  /** `not_found`, `invalid`, `conflict` (the name of the default one, or that name). */
  updateSecurityGroup(id: string, change: SecurityGroupChange): Promise<SecurityGroup>;
  /** `not_found`, `conflict` (in use, or the default one). */
  deleteSecurityGroup(id: string): Promise<void>;
  /** `not_found` for the group or the remote one, `invalid`, `conflict` (the rule exists), `quota_exceeded`. */
  createSecurityGroupRule(groupId: string, rule: NewSecurityGroupRule): Promise<SecurityGroupRule>;
  /** `not_found`, also when the rule belongs to another group. */
  deleteSecurityGroupRule(groupId: string, ruleId: string): Promise<void>;
  /** Present where the cloud shows no ports. As `attachSecurityGroup` and `detachSecurityGroup`. */
  readonly instanceSecurityGroups?: {
    attach(instanceId: string, groupId: string): Promise<void>;
    detach(instanceId: string, groupId: string): Promise<void>;
  };
}
