import type { Catalog } from '@plumbline/model/catalog/schema.ts';
import type { ProbesConfig } from './config.ts';
import { createReach } from './reach.ts';
import type { RunTools } from './run-probe.ts';
import { openSecrets } from './secrets.ts';

/** What every run is given, from configuration and the catalog in force. */
export function createTools(
  config: ProbesConfig,
  options: {
    readonly catalog: () => Catalog;
    readonly lastBeatMs: (probe: string) => Promise<number | null>;
    readonly now: () => number;
  },
): RunTools {
  const secrets = openSecrets(config.secrets, config.secretsDirectory);
  for (const url of [config.databaseUrl, ...config.connections.values()]) {
    const password = /:\/\/[^/@]*:([^/@]+)@/.exec(url)?.[1];
    if (password !== undefined) {
      secrets.register(password);
      secrets.register(decodeURIComponent(password));
    }
  }
  if (config.otlpToken !== undefined) secrets.register(config.otlpToken);
  return {
    now: options.now,
    secrets,
    reach: createReach(config.allowedAddresses),
    lastBeatMs: options.lastBeatMs,
    connection(name) {
      const declared = options.catalog().connections.find((each) => each.name === name);
      const url = config.connections.get(name) ?? declared?.url;
      if (url !== undefined) return url;
      const variable = `PLUMBLINE_CONNECTION_${name.toUpperCase().replaceAll('-', '_')}`;
      throw new Error(`The connection "${name}" has no URL: set ${variable}.`);
    },
  };
}
