/** The path of a container, at any region: object storage takes each byte behind it for the name of an object. */
const CONTAINER = /^(?:\/regions\/[^/?]+)?\/object-store\/v1\/[^/?]+\/[^/?]+\//;

/** Takes the name of an object off a path or request target; what is left has to be as strict as any other path. */
export function splitObjectName(target: string): { readonly container: string; readonly name: string } {
  const container = CONTAINER.exec(target)?.[0];
  // Most paths are of another service.
  if (container === undefined) return { container: target, name: '' };
  const query = target.indexOf('?', container.length);
  const end = query < 0 ? target.length : query;
  return { container, name: target.slice(container.length, end) };
}
