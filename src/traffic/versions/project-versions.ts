/** Something of a project was changed, through some gateway. */
export interface ProjectChange {
  readonly projectId: string;
  /** The instances that were changed; empty when it was something else, null when it is not known which. */
  readonly instanceIds: readonly string[] | null;
}

/**
 * Numbers the states of each project, for all gateways that share it, so that what one of them keeps is known to be old once
 * another has changed something. What was read while version `n` was current may be told for as long as `n` is.
 */
export interface ProjectVersions {
  /**
   * The version now. From memory while changes made elsewhere are heard of; asks when they may have been missed. While nothing
   * can be heard, changes made here still count. Never rejects.
   */
  current(projectId: string): Promise<ProjectVersion>;
  /**
   * What `current` would tell without asking; null when it would ask. Absent where it always does. To be called when the response
   * is served: what it told before may not hold any more.
   */
  peek?(projectId: string): ProjectVersion | null;
  /** Begins a new version. Resolves once no gateway that can be reached serves by an older one; never rejects. */
  bump(change: ProjectChange): Promise<void>;
  /** Tells of every change, made here or heard of. When some may have been missed, `change` is null. */
  onChange(listener: (change: ProjectChange | null) => void): void;
}

export interface ProjectVersion {
  readonly number: number;
  /** Others know it by the same number, so that what they keep under it can be used. */
  readonly shared: boolean;
  /** Milliseconds after it was fetched that a response of this version may be served; absent: for all its lifetime. */
  readonly maxAge?: number;
}
