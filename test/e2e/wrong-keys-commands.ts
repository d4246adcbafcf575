/** The default project of every sandbox. */
export const PROJECT = '719015812e824d5b874b4190dde8f43c';

export const CREATE = ['create', '--name', 'e2e', '--project-id', PROJECT];

/** The mistake, the arguments, and the expected message. */
export const WRONG_COMMANDS: readonly (readonly [name: string, args: readonly string[], message: RegExp])[] =
  [
    ['no verb', [], /keys create/],
    ['an empty name', ['create', '--name', '', '--project-id', PROJECT], /name/],
    [
      'neither project nor credential',
      ['create', '--name', 'x'],
      /--project-id or --application-credential-id/,
    ],
    [
      'a secret given twice',
      [...CREATE, '--redu-key', '-', '--secret-file', '-'],
      /alternative to --redu-key/,
    ],
    ['an unknown project', ['create', '--name', 'x', '--project-id', 'unknown'], /can act in this project/],
    ['half a credential', ['create', '--name', 'x', '--application-credential-id', 'a'], /secret/],
    ['an unknown scope', [...CREATE, '--scopes', 'instances:read,root'], /scopes.*instances:write/],
    ['an unknown plan', [...CREATE, '--plan', 'platinum'], /plan.*default/],
    ['an unknown format', [...CREATE, '--config', 'yaml'], /--config: must be one of clouds.yaml/],
    ['a format without its service', [...CREATE, '--config', 'rclone'], /rclone needs object storage/],
    ['two forms of output', [...CREATE, '--config', 'env', '--json'], /--config and --json/],
    ['an invalid network', [...CREATE, '--cidr', '10.1/8'], /cidr/],
    ['show: an unknown id', ['show', '0000000000000000'], /0000000000000000/],
    ['rotate: an unknown id', ['rotate', '0000000000000000'], /0000000000000000/],
    ['update: nothing', ['update', '0000000000000000'], /give one of --name, --scopes/],
    ['update: an unknown id', ['update', '0000000000000000', '--name', 'x'], /0000000000000000/],
    ['list: an unknown state', ['list', '--state', 'dead'], /--state: must be one of active/],
    ['audit: an invalid time', ['audit', '--from', 'today'], /--from: .*ISO 8601/],
    ['import: no such file', ['import', '/nonexistent/file'], /nonexistent/],
  ];

/** Invalid values of `--overlap`; the maximum is 30 days. */
export const WRONG_OVERLAPS: readonly (readonly string[])[] = [
  ['--overlap=-1'],
  ['--overlap', '1.5'],
  ['--overlap', ''],
  ['--overlap', '2592001'],
];
