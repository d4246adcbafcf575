/** @module The attributes that all of Neutron's resources print alike. */

import { seconds } from '../timeline.ts';
import type { Resource } from './model.ts';

/** The end of every resource: tags, times, revision, project. */
export function commonView(resource: Resource) {
  return {
    description: resource.description,
    tags: resource.tags,
    created_at: seconds(resource.createdAt),
    updated_at: seconds(resource.updatedAt),
    revision_number: resource.revision,
    project_id: resource.projectId,
    tenant_id: resource.projectId,
  };
}

/** Names of what `commonView` prints, and of id and name. */
export const COMMON_ATTRIBUTES = [
  'id',
  'name',
  'description',
  'tags',
  'created_at',
  'updated_at',
  'revision_number',
  'project_id',
  'tenant_id',
] as const;
