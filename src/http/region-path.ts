/** A path or request target below `/regions/{name}`, taken apart. */
export interface RegionPath {
  /** `/regions/<name>`, as written. */
  readonly prefix: string;
  /** null: it has another spelling than `encodeURIComponent` gives it, so that no region has it. */
  readonly name: string | null;
  /** What follows; starts with a slash. */
  readonly rest: string;
}

const REGIONS = '/regions/';

/** The prefix of a region's paths. */
export function regionPath(name: string): string {
  return `${REGIONS}${encodeURIComponent(name)}`;
}

/** null: another path. */
export function parseRegionPath(path: string): RegionPath | null {
  if (!path.startsWith(REGIONS)) return null;
  const end = path.indexOf('/', REGIONS.length);
  if (end < 0) return null;
  return { prefix: path.slice(0, end), name: nameIn(path.slice(REGIONS.length, end)), rest: path.slice(end) };
}

/** The path below the region's prefix, which is what routes match. */
export function withoutRegion(path: string): string {
  return parseRegionPath(path)?.rest ?? path;
}

/** Each region has one spelling in paths. */
function nameIn(segment: string): string | null {
  try {
    const name = decodeURIComponent(segment);
    return name !== '' && encodeURIComponent(name) === segment ? name : null;
  } catch {
    return null;
  }
}
