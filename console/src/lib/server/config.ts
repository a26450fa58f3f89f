export interface Config {
  /** Base of the API without a trailing slash. */
  readonly apiUrl: string;
  /** Where senders reach the collector over OTLP/HTTP, as a newcomer is told. */
  readonly otlpUrl: string;
}

/** Configuration of the console's pages; process-level settings (port, address) are read in main.ts. */
export function readConfig(env: Record<string, string | undefined>): Config {
  const text = env['PLUMBLINE_API_URL'] ?? 'http://127.0.0.1:7070';
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
    throw new Error(
      `PLUMBLINE_API_URL is "${text}"; give the address of the control plane, such as http://127.0.0.1:7070`,
    );
  }
  return {
    apiUrl: text.replace(/\/+$/, ''),
    otlpUrl: env['PLUMBLINE_OTLP_URL'] ?? `http://localhost:${env['PLUMBLINE_OTLP_PORT'] ?? '4318'}`,
  };
}

export const config = readConfig(process.env);
