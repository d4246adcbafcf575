import { hasCode } from '../../src/compute/errors.ts';
import type { ImageCalls } from '../../src/compute/images.ts';
import { decodeImage, foreignImageSchema } from '../../src/dialects/redu/decode-responses.ts';
import type { ReduRequest } from './http-client.ts';
import type { ReduSession } from './session.ts';

const PATH = '/v1/images';

export function imageCalls(session: ReduSession): ImageCalls {
  const pathOf = (id: string) => `${PATH}/${encodeURIComponent(id)}`;
  const read = async (request: ReduRequest, on: 'collection' | 'item') =>
    decodeImage(await session.read(request, on, foreignImageSchema));
  const listImages: ImageCalls['listImages'] = async (visibility) => {
    const query = visibility === undefined ? '' : `?visibility=${visibility}`;
    return (await session.list(PATH + query, foreignImageSchema)).map(decodeImage);
  };
  return {
    listImages,
    async getImage(id) {
      try {
        return await read({ method: 'GET', path: pathOf(id) }, 'item');
      } catch (error) {
        // Older redu clouds have the list only.
        const listed = hasCode(error, 'not_found') ? await listImages() : [];
        const found = listed.find((image) => image.id === id);
        if (found === undefined) throw error;
        return found;
      }
    },
    createImage: ({ diskFormat, containerFormat, ...image }) =>
      read(
        {
          method: 'POST',
          path: PATH,
          body: { ...image, disk_format: diskFormat, container_format: containerFormat },
        },
        'collection',
      ),
    updateImage: (id, change) => read({ method: 'PATCH', path: pathOf(id), body: change }, 'item'),
    async deleteImage(id) {
      await session.request({ method: 'DELETE', path: pathOf(id) }, 'item');
    },
    async uploadImage(id, data) {
      await session.request({ method: 'PUT', path: `${pathOf(id)}/file`, data }, 'item');
    },
  };
}
