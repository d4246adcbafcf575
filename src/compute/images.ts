/** Images in the driver interface. */

import type { Image } from './model.ts';

export const IMAGE_VISIBILITIES = ['public', 'private', 'shared', 'community'] as const;
export type ImageVisibility = (typeof IMAGE_VISIBILITIES)[number];

export interface NewImage {
  readonly name: string;
  readonly diskFormat: string;
  readonly containerFormat: string;
  /** null: the cloud's default. */
  readonly visibility: ImageVisibility | null;
  readonly tags: readonly string[];
}

export interface ImageChange {
  readonly name?: string | undefined;
  readonly visibility?: ImageVisibility | undefined;
  /** Replaces all. */
  readonly tags?: readonly string[] | undefined;
}

export interface ImageCalls {
  /**
   * The project's own, public ones and those whose share it has accepted. Other projects' community images are in no list but
   * that of their visibility.
   */
  listImages(visibility?: ImageVisibility): Promise<readonly Image[]>;
  /** Also one that no list shows: a community image, or a share not accepted yet. `not_found`. */
  getImage(id: string): Promise<Image>;
  /** Without data: its status is `queued`. `invalid`, `forbidden` (visibility), `quota_exceeded`. */
  createImage(image: NewImage): Promise<Image>;
  /** `not_found`, `forbidden` (another project's, visibility), `invalid`, `quota_exceeded` (tags). */
  updateImage(id: string, change: ImageChange): Promise<Image>;
  /** `not_found`, `forbidden` (another project's), `conflict` (protected, or in use). */
  deleteImage(id: string): Promise<void>;
  /**
   * Streams the data of a queued image, once and without a deadline. `not_found`, `forbidden` (another project's), `conflict`
   * (it has data), `invalid` (also data of another format), `quota_exceeded`.
   */
  uploadImage(id: string, data: AsyncIterable<Uint8Array>): Promise<void>;
}
