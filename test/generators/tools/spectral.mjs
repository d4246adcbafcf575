/** `node spectral.mjs CONTRACT`: what the rules `spectral:oas` find, one line each. */
import { readFileSync } from 'node:fs';
import spectralCore from '@stoplight/spectral-core';
import rulesets from '@stoplight/spectral-rulesets';

const spectral = new spectralCore.Spectral();
spectral.setRuleset({ extends: [rulesets.oas] });
const [, , path] = process.argv;
for (const { code, message, path: place } of await spectral.run(readFileSync(path, 'utf8')))
  console.log(`${code} at ${place.join('.')}: ${message}`);
