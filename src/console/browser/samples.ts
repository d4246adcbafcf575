interface SampleContext {
  /** The gateway's public URL. */
  readonly url: string;
  /** Empty: the default one. */
  readonly region: string;
  readonly keyId: string;
  readonly keyName: string;
  /** Inserted instead of the environment variable, right after creation. */
  readonly key?: string;
}

export type Language = 'curl' | 'fetch' | 'Python' | 'Go' | 'openstack';

/** In display order; the last needs a Nova dialect. */
export const LANGUAGES: readonly Language[] = ['curl', 'fetch', 'Python', 'Go', 'openstack'];

export function sampleOf(language: Language, context: SampleContext): string {
  const { url, region } = context;
  const inRegion = region === '' ? url : `${url}/regions/${encodeURIComponent(region)}`;
  return language === 'openstack' ? openstack(context) : SAMPLES[language]({ ...context, url: inRegion });
}

export function exportOf({ keyId, keyName }: SampleContext): string {
  return `export LINGUANOVA_KEY='ln_${keyId}_...'   # the key "${oneLine(keyName)}"`;
}

/** Names appear in comments and must not end them. */
function oneLine(name: string): string {
  return name.replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, ' ');
}

/** Programs that list the instances. Each runs unmodified with the key in the environment. */
const SAMPLES: Readonly<Record<Exclude<Language, 'openstack'>, (context: SampleContext) => string>> = {
  curl: ({ url, key }) => `curl ${url}/v1/instances -H "x-api-key: ${key ?? '$LINGUANOVA_KEY'}"`,

  fetch: ({ url }) => `const response = await fetch('${url}/v1/instances', {
  headers: { 'x-api-key': process.env.LINGUANOVA_KEY },
});
if (!response.ok) throw new Error(await response.text());
for (const { name, state } of await response.json()) console.log(name, state);`,

  Python: ({ url }) => `import json, os, urllib.request

request = urllib.request.Request(
    "${url}/v1/instances",
    headers={"x-api-key": os.environ["LINGUANOVA_KEY"]},
)
with urllib.request.urlopen(request) as response:
    for instance in json.load(response):
        print(instance["name"], instance["state"])`,

  Go: ({ url }) => `package main

import (
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"os"
)

func main() {
	request, err := http.NewRequest("GET", "${url}/v1/instances", nil)
	if err != nil {
		log.Fatal(err)
	}
	request.Header.Set("x-api-key", os.Getenv("LINGUANOVA_KEY"))
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		log.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		log.Fatal(response.Status)
	}
	var instances []struct{ Name, State string }
	if err := json.NewDecoder(response.Body).Decode(&instances); err != nil {
		log.Fatal(err)
	}
	for _, instance := range instances {
		fmt.Println(instance.Name, instance.State)
	}
}`,
};

function openstack({ url, keyId, region }: SampleContext): string {
  const inRegion = region === '' ? '' : `--os-region-name '${region.replaceAll("'", "'\\''")}' `;
  return `openstack --os-auth-type v3applicationcredential \\
  --os-auth-url ${url}/identity/v3 \\
  --os-application-credential-id ${keyId} \\
  --os-application-credential-secret "$LINGUANOVA_KEY" \\
  ${inRegion}server list`;
}
