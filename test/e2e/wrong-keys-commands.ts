/** The default project of every sandbox. */
export const PROJECT = '719015812e824d5b874b4190dde8f43c';

export const CREATE = ['create', '--name', 'e2e', '--project-id', PROJECT];

/** The mistake, the arguments, and the expected message. */
export const WRONG_COMMANDS: readonly (readonly [name: string, args: readonly string[], message: RegExp])[] =
  [
    ['no verb', [], /keys create/],
    ['an unknown verb', ['explode'], /keys create/],
    ['an unknown option', ['list', '--colour', 'blue'], /--colour/],
    ['an option without its value', ['create', '--name'], /--name/],
    ['no name', ['create', '--project-id', PROJECT], /name.*is required/],
    ['an empty name', ['create', '--name', '', '--project-id', PROJECT], /name/],
    ['neither project nor credential', ['create', '--name', 'x'], /project.id.*application.credential/],
    ['an unknown project', ['create', '--name', 'x', '--project-id', 'unknown'], /rejects|cannot act/],
    ['half a credential', ['create', '--name', 'x', '--application-credential-id', 'a'], /secret/],
    ['an unknown scope', [...CREATE, '--scopes', 'instances:read,root'], /scopes.*instances:write/],
    ['no scope', [...CREATE, '--scopes', ''], /scopes/],
    ['an unknown plan', [...CREATE, '--plan', 'platinum'], /plan.*default/],
    ['an invalid time', [...CREATE, '--expires-at', 'tomorrow'], /expires.at.*ISO 8601/],
    ['a time in the past', [...CREATE, '--expires-at', '2020-01-01T00:00:00Z'], /expires.at.*future/],
    ['an invalid network', [...CREATE, '--cidr', '10.1/8'], /cidr/],
    ['show without an id', ['show'], /show needs the id/],
    ['revoke without an id', ['revoke'], /revoke needs the id/],
    ['rotate without an id', ['rotate'], /rotate needs the id/],
    ['show: an unknown id', ['show', '0000000000000000'], /0000000000000000/],
    ['revoke: an unknown id', ['revoke', '0000000000000000'], /0000000000000000/],
    ['rotate: an unknown id', ['rotate', '0000000000000000'], /0000000000000000/],
    ['two ids', ['revoke', '0000000000000000', '1111111111111111'], /1111111111111111/],
  ];

/** Invalid values of `--overlap`; the maximum is 30 days. */
export const WRONG_OVERLAPS: readonly (readonly string[])[] = [
  ['--overlap=-1'],
  ['--overlap', '-1'],
  ['--overlap', '1.5'],
  ['--overlap', 'soon'],
  ['--overlap', ''],
  ['--overlap', '2592001'],
  ['--overlap', '1e300'],
];
