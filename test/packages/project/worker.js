import { check } from './check.js';

export default {
  fetch: async (request) => {
    const { url, key } = await request.json();
    return Response.json(await check(url, key));
  },
};
