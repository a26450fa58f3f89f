import { createServer, type IncomingMessage } from 'node:http';
import { existsSync } from 'node:fs';

/**
 * Entry point of the built console. SvelteKit's own server takes every request for https unless a header says
 * otherwise, and would then refuse our forms on plain http; here the scheme comes from PLUMBLINE_PUBLIC_URL.
 */
interface Settings {
  readonly host: string;
  readonly port: number;
  readonly publicUrl: URL;
  readonly apiUrl: string;
}

const schemeHeader = 'x-plumbline-scheme';
const drainMs = 10_000;
const built = new URL('build/handler.js', import.meta.url);

function log(level: 'info' | 'error', msg: string, more: Record<string, unknown> = {}): void {
  process.stderr.write(`${JSON.stringify({ time: new Date().toISOString(), level, msg, ...more })}\n`);
}

function readSettings(env: Record<string, string | undefined>): Settings {
  const port = Number(env['PLUMBLINE_CONSOLE_PORT'] ?? 3000);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new Error(
      `PLUMBLINE_CONSOLE_PORT is "${env['PLUMBLINE_CONSOLE_PORT']}"; give a port from 0 to 65535.`,
    );
  }
  const publicText = env['PLUMBLINE_PUBLIC_URL'] ?? `http://localhost:${port}`;
  if (!URL.canParse(publicText)) {
    throw new Error(
      `PLUMBLINE_PUBLIC_URL is "${publicText}"; give an address such as https://plumbline.example.com.`,
    );
  }
  const apiUrl = (env['PLUMBLINE_API_URL'] ?? 'http://127.0.0.1:7070').replace(/\/+$/, '');
  return { host: env['PLUMBLINE_BIND'] ?? '127.0.0.1', port, publicUrl: new URL(publicText), apiUrl };
}

async function apiIsReady(apiUrl: string): Promise<boolean> {
  try {
    return (await fetch(`${apiUrl}/readyz`, { signal: AbortSignal.timeout(3000) })).ok;
  } catch {
    return false;
  }
}

async function main(): Promise<void> {
  const settings = readSettings(process.env);
  if (!existsSync(built)) throw new Error('The console is not built. Run "npm run build" first.');
  process.env['PROTOCOL_HEADER'] = schemeHeader;
  const { handler } = (await import(built.href)) as {
    handler: (req: IncomingMessage, res: unknown, next: () => void) => void;
  };
  const scheme = settings.publicUrl.protocol.slice(0, -1);

  const server = createServer((req, res) => {
    if (req.url === '/healthz') return void res.end('ok\n');
    if (req.url === '/readyz') {
      return void apiIsReady(settings.apiUrl).then((ready) => {
        res.statusCode = ready ? 200 : 503;
        res.end(ready ? 'ok\n' : 'the API does not answer\n');
      });
    }
    req.headers[schemeHeader] = scheme;
    handler(req, res, () => {
      res.statusCode = 404;
      res.end();
    });
  });
  server.listen(settings.port, settings.host, () => {
    log('info', 'console listens', {
      host: settings.host,
      port: settings.port,
      publicUrl: settings.publicUrl.href,
    });
  });

  const stop = (): void => {
    server.close(() => process.exit(0));
    server.closeIdleConnections();
    setTimeout(() => server.closeAllConnections(), drainMs).unref();
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}

main().catch((error: unknown) => {
  log('error', error instanceof Error ? error.message : String(error));
  process.exit(1);
});
