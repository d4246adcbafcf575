/** @module Projects and their tags: a user reads the project of the token, the administrator all of them. */

import type { Cloud } from '../cloud.ts';
import { empty, Fault, hexId, isFields, json } from '../http.ts';
import { collection, type KeystoneCall } from './call.ts';
import { forbidden, invalid, notFound } from './faults.ts';
import { assignedRoles, type Project } from './model.ts';

const projectsOf = (call: KeystoneCall, found: Project[]) =>
  json(
    200,
    collection(
      call,
      'projects',
      found.map((project) => projectView(call.cloud, project)),
    ),
  );

/** GET /v3/auth/projects: the projects the caller has a role on. */
export function listOwnProjects(call: KeystoneCall): Response {
  return projectsOf(call, projectsOfUser(call, call.principal().userId));
}

/** GET /v3/users/{id}/projects */
export function listUserProjects(call: KeystoneCall, userId: string): Response {
  const principal = call.principal();
  if (principal.userId !== userId && !principal.isAdmin) throw forbidden('identity:list_user_projects');
  return projectsOf(call, projectsOfUser(call, userId));
}

function projectsOfUser({ cloud }: KeystoneCall, userId: string): Project[] {
  const { identity } = cloud;
  return [...identity.projects.values()].filter(({ id }) => assignedRoles(identity, userId, id).size > 0);
}

/** GET /v3/projects */
export function listProjects(call: KeystoneCall): Response {
  call.admin('identity:list_projects');
  const name = call.query.get('name');
  const all = [...call.cloud.identity.projects.values()];
  return projectsOf(
    call,
    all.filter((one) => name === null || one.name === name),
  );
}

/** POST /v3/projects */
export function createProject(call: KeystoneCall): Response {
  call.admin('identity:create_project');
  const { project: given } = call.body();
  if (!isFields(given) || typeof given.name !== 'string') throw invalid("'name' is a required property");
  const { projects } = call.cloud.identity;
  if ([...projects.values()].some(({ name }) => name === given.name)) {
    const message = `Conflict occurred attempting to store project - it is not permitted to have two projects with the same name in the same domain : ${given.name}.`;
    throw new Fault(409, '', message);
  }
  const project: Project = { id: hexId(), name: given.name };
  projects.set(project.id, project);
  change(project, given);
  return json(201, { project: projectView(call.cloud, project) });
}

/** GET /v3/projects/{id} */
export function showProject(call: KeystoneCall, id: string): Response {
  return json(200, { project: projectView(call.cloud, readable(call, id, 'identity:get_project')) });
}

/** PATCH /v3/projects/{id} */
export function updateProject(call: KeystoneCall, id: string): Response {
  const project = writable(call, id, 'identity:update_project');
  const { project: given } = call.body();
  if (!isFields(given)) throw invalid("'project' is a required property");
  change(project, given);
  return json(200, { project: projectView(call.cloud, project) });
}

/** DELETE /v3/projects/{id} */
export function deleteProject(call: KeystoneCall, id: string): Response {
  call.cloud.identity.projects.delete(writable(call, id, 'identity:delete_project').id);
  return empty(204);
}

/** GET /v3/projects/{id}/tags; its link is Keystone's own. */
export function listTags(call: KeystoneCall, id: string): Response {
  const { tags = [] } = readable(call, id, 'identity:list_project_tags');
  return json(200, { links: { self: `${call.cloud.baseUrl}/identity/v3` }, tags });
}

/** PUT /v3/projects/{id}/tags/{tag} */
export function addTag(call: KeystoneCall, id: string, tag: string): Response {
  const project = writable(call, id, 'identity:create_project_tag');
  project.tags = [...new Set(project.tags).add(tag)];
  return empty(201);
}

function change(project: Project, { name, description, tags }: Record<string, unknown>): void {
  if (typeof name === 'string') project.name = name;
  if (typeof description === 'string') project.description = description;
  if (Array.isArray(tags)) project.tags = tags.map(String);
}

function readable(call: KeystoneCall, id: string, action: string): Project {
  const principal = call.principal();
  if (principal.projectId !== id && !principal.isAdmin) throw forbidden(action);
  return find(call, id);
}

function writable(call: KeystoneCall, id: string, action: string): Project {
  call.admin(action);
  return find(call, id);
}

function find(call: KeystoneCall, id: string): Project {
  const project = call.cloud.identity.projects.get(id);
  if (!project) throw notFound('project', id);
  return project;
}

function projectView(cloud: Cloud, { id, name, description = '', tags = [] }: Project) {
  return {
    id,
    name,
    domain_id: 'default',
    description,
    enabled: true,
    parent_id: 'default',
    is_domain: false,
    tags,
    options: {},
    links: { self: `${cloud.baseUrl}/identity/v3/projects/${id}` },
  };
}
