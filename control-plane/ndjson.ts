/** Lines of JSON. Typed as any text: the router takes a literal name that ends in json for one JSON value. */
export const ndjson: string = 'application/x-ndjson';

/** Headers under which a browser saves lines of JSON as a file. */
export function ndjsonFile(name: string): Record<string, string> {
  return { 'content-type': ndjson, 'content-disposition': `attachment; filename="${name}"` };
}
