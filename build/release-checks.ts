/** What a commit must have before it is released. */

export interface Candidate {
  /** Of `package.json`, and of `src/version.ts`. */
  readonly version: string;
  readonly sourceVersion: string;
  readonly changelog: string;
  /** As `git status --porcelain` prints them. */
  readonly changes: string;
  readonly head: string;
  /** The commit of the version's tag; empty: there is none yet. */
  readonly tagged: string;
}

/** One line each; none: it can be released. */
export function problemsOf(candidate: Candidate): string[] {
  const { version, sourceVersion, changelog, changes, head, tagged } = candidate;
  return [
    ...(changes === '' ? [] : ['commit or remove what git status lists']),
    ...(sourceVersion === version
      ? []
      : [`src/version.ts has ${sourceVersion}, package.json has ${version}`]),
    ...(sectionOf(changelog, version) === '' ? [`CHANGELOG.md has no section "## [${version}] - DATE"`] : []),
    ...(tagged === '' || tagged === head ? [] : [`v${version} is the tag of another commit: ${tagged}`]),
  ];
}

/** The version's section of a changelog (keepachangelog.com), without its heading; empty if it has no date or no text. */
export function sectionOf(changelog: string, version: string): string {
  const [, ...sections] = `\n${changelog}`.split('\n## ');
  const section = sections.find((one) => one.startsWith(`[${version}] - `)) ?? '';
  const [heading = '', ...lines] = section.split('\n');
  return /\d{4}-\d\d-\d\d$/.test(heading) ? lines.join('\n').trim() : '';
}
