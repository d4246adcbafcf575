/** @module What Glance knows: images. */

export interface Image {
  id: string;
  name: string | null;
  status: 'queued' | 'saving' | 'active';
  visibility: 'public' | 'private' | 'shared' | 'community';
  /** Bytes; null while the image is not active. */
  size: number | null;
  /** Id of the owning project. */
  owner: string;
  minRam: number;
  minDisk: number;
  diskFormat: string | null;
  containerFormat: string | null;
  /** Properties beyond the schema's own; all of them strings. */
  properties: Record<string, string>;
  tags: string[];
  protected: boolean;
  /** Of a shared image, by project. */
  members: Map<string, Member>;
  /** null: none was uploaded. */
  data: Uint8Array<ArrayBuffer> | null;
  /** Epoch milliseconds. */
  createdAt: number;
  updatedAt: number;
  /** Hex digests; made up until data is uploaded. */
  checksum: string;
  hash: string;
}

export interface Member {
  status: 'pending' | 'accepted' | 'rejected';
  createdAt: number;
  updatedAt: number;
}

export function createImages(): Map<string, Image> {
  return new Map();
}

function hex(bytes: number): string {
  const random = [...crypto.getRandomValues(new Uint8Array(bytes))];
  return random.map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** An image; active and public by default. */
export function newImage(given: Pick<Image, 'name' | 'owner' | 'createdAt'> & Partial<Image>): Image {
  return {
    id: crypto.randomUUID(),
    status: 'active',
    visibility: 'public',
    size: 1048576,
    minRam: 256,
    minDisk: 1,
    diskFormat: 'raw',
    containerFormat: 'bare',
    properties: {},
    tags: [],
    protected: false,
    members: new Map(),
    data: null,
    updatedAt: given.createdAt,
    checksum: hex(16),
    hash: hex(64),
    ...given,
  };
}
