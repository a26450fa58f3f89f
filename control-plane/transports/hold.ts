import type { Connection } from '@plumbline/model/catalog/schema.ts';
import type { TransportHolder } from './holder.ts';
import type { OpenTransport, Transport } from './port.ts';

interface HoldOptions {
  readonly connections: () => readonly Connection[];
  /** URLs from the environment by name of the connection; they replace the catalog's and may hold passwords. */
  readonly urls: ReadonlyMap<string, string>;
  readonly open: OpenTransport;
  readonly now: () => Date;
}

/** Opens each connection at its first use, and again when the catalog gives it another URL. */
export function holdTransports({ connections, urls, open, now }: HoldOptions): TransportHolder {
  const opened = new Map<string, { url: string; transport: Transport }>();
  const urlOf = (name: string) =>
    connections().some((connection) => connection.name === name)
      ? (urls.get(name) ?? connections().find((connection) => connection.name === name)?.url)
      : undefined;
  return {
    of(name) {
      const url = urlOf(name);
      const before = opened.get(name);
      if (before && before.url === url) return before.transport;
      if (before) void before.transport.close();
      opened.delete(name);
      if (url === undefined) return undefined;
      const transport = open(url, { application: 'plumbline-control-plane', now });
      opened.set(name, { url, transport });
      return transport;
    },
    async close() {
      await Promise.all([...opened.values()].map(({ transport }) => transport.close()));
      opened.clear();
    },
  };
}
