/** An error in ClickHouse's own words: it reaches the client as `Code: N. DB::Exception: text (NAME)`. */
export type EngineError = { code: number; name: string; text: string };

export class EngineFailure extends Error {
  readonly error: EngineError;
  constructor(error: EngineError, options?: ErrorOptions) {
    super(error.text, options);
    this.error = error;
  }
}

export const failure = (code: number, name: string, text: string): EngineFailure =>
  new EngineFailure({ code, name, text });

const messagePattern =
  /^Code: (\d+)\. DB::Exception: ([\s\S]*?)(?:\s*\(([A-Z][A-Z0-9_]+)\))?\s*(?:\(version [^)]*\))?\s*$/;

/** Reads what the engine (or anything else) threw into code, name and text. */
export const toEngineError = (thrown: unknown): EngineError => {
  if (thrown instanceof EngineFailure) return thrown.error;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  const match = messagePattern.exec(message);
  if (!match) return { code: 1001, name: 'STD_EXCEPTION', text: message };
  return { code: Number(match[1]), name: match[3] ?? 'UNKNOWN_EXCEPTION', text: match[2] ?? message };
};

/** The line a ClickHouse server writes for an exception, newline included. */
export const renderError = (error: EngineError, version: string): string =>
  `Code: ${error.code}. DB::Exception: ${error.text} (${error.name}) (version ${version} (official build))\n`;

const badRequest = [
  6, 26, 27, 36, 38, 41, 43, 44, 53, 62, 69, 70, 72, 108, 117, 130, 131, 306, 386, 456, 457, 461,
];
const notFound = [46, 47, 50, 56, 60, 63, 73, 75, 81, 115, 392];
const statusByCode = new Map<number, number>([
  ...badRequest.map((code) => [code, 400] as const),
  ...notFound.map((code) => [code, 404] as const),
  [48, 501],
  [159, 408],
  [164, 405],
  [194, 401],
  [202, 503],
  [223, 413],
  [307, 413],
  [439, 503],
  [516, 403],
]);

/** HTTP status of an exception that comes before the first byte of the body. */
export const statusOf = (error: EngineError): number => statusByCode.get(error.code) ?? 500;

/** The engine answers 236 to everything once it has aborted: only a new process helps. */
export const meansEngineIsGone = (error: EngineError): boolean =>
  error.code === 236 || error.text.includes('server is shutting down');
