export type InstanceAction =
  | { readonly action: 'reboot'; readonly hard: boolean }
  | { readonly action: 'resize'; readonly flavorId: string }
  | { readonly action: 'rebuild'; readonly imageId: string }
  /** null: an image of the cloud's choice. */
  | { readonly action: 'rescue'; readonly imageId: string | null }
  | { readonly action: 'set_password'; readonly adminPassword: string }
  | {
      readonly action:
        | 'start'
        | 'stop'
        | 'confirm_resize'
        | 'revert_resize'
        | 'pause'
        | 'unpause'
        | 'suspend'
        | 'resume'
        | 'lock'
        | 'unlock'
        | 'shelve'
        | 'unshelve'
        | 'unrescue';
    };

export interface ActionResult {
  /** Set by rebuild and rescue, and shown once. */
  readonly adminPassword: string | null;
}

/** An entry of an instance's history. */
export interface HistoryEntry {
  /** Unique within the instance. */
  readonly id: string;
  /** As `InstanceAction` names it where it does, else as the cloud: `create`, `delete`, `attach_volume`. */
  readonly action: string;
  readonly startedAt: string;
  /** Set when it failed. */
  readonly message: string | null;
  /** null: the cloud itself. */
  readonly userId: string | null;
}

export const CONSOLE_TYPES = ['novnc', 'spice-html5', 'rdp-html5', 'serial', 'webmks'] as const;
export type ConsoleType = (typeof CONSOLE_TYPES)[number];

export interface InstanceConsole {
  readonly type: ConsoleType;
  /** With a token that expires. */
  readonly url: string;
}

export interface NewBackup {
  readonly name: string;
  /** Any word, such as `daily`. */
  readonly type: string;
  /** How many backups of that type the instance retains; the cloud deletes the older ones. */
  readonly rotation: number;
}

/** The driver's calls about one instance beyond its state. Each: `not_found`. */
export interface InstanceOperationCalls {
  /** Newest first. Of a deleted instance too, as long as the cloud has it. */
  listHistory(id: string): Promise<readonly HistoryEntry[]>;
  /** The last lines of its console's output; null: all that the cloud retains. `conflict`: it has never run. */
  consoleLog(id: string, lines: number | null): Promise<string>;
  /** `conflict`: it has never run; `invalid`: the cloud has no console of that type. */
  openConsole(id: string, type: ConsoleType): Promise<InstanceConsole>;
  /** Resolves with the future image's id. `conflict` (state), `quota_exceeded`. */
  backup(id: string, backup: NewBackup): Promise<string>;
}
