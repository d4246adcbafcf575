import { check } from './check.js';

const [url, key] = process.argv.slice(2);
console.log(JSON.stringify(await check(url, key)));
// Connections that are kept open hold some runtimes back.
process.exit(0);
