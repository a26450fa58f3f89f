type FormatTraits = {
  contentType: string;
  /** Chunks of the engine's stream can be joined once the first `headerLines` lines of later chunks are cut. */
  stream: { headerLines: number } | undefined;
};

const json = 'application/json; charset=UTF-8';
const ndjson = 'application/x-ndjson; charset=UTF-8';
const tsv = 'text/tab-separated-values; charset=UTF-8';
const csv = (header: 'present' | 'absent') => `text/csv; charset=UTF-8; header=${header}`;
const binary = 'application/octet-stream';

const rows = (contentType: string, headerLines = 0): FormatTraits => ({
  contentType,
  stream: { headerLines },
});
const whole = (contentType: string): FormatTraits => ({ contentType, stream: undefined });

// Only formats whose rows stand alone may be streamed: the engine closes and reopens the format at each chunk.
const known = new Map<string, FormatTraits>([
  ['JSON', whole(json)],
  ['JSONStrings', whole(json)],
  ['JSONCompact', whole(json)],
  ['JSONCompactStrings', whole(json)],
  ['JSONColumns', whole(json)],
  ['JSONCompactColumns', whole(json)],
  ['JSONColumnsWithMetadata', whole(json)],
  ['JSONObjectEachRow', whole(json)],
  ['JSONEachRow', rows(ndjson)],
  ['JSONLines', rows(ndjson)],
  ['NDJSON', rows(ndjson)],
  ['JSONStringsEachRow', rows(ndjson)],
  ['JSONCompactEachRow', rows(ndjson)],
  ['JSONCompactStringsEachRow', rows(ndjson)],
  ['JSONCompactEachRowWithNames', rows(ndjson, 1)],
  ['JSONCompactEachRowWithNamesAndTypes', rows(ndjson, 2)],
  ['JSONCompactStringsEachRowWithNames', rows(ndjson, 1)],
  ['JSONCompactStringsEachRowWithNamesAndTypes', rows(ndjson, 2)],
  ['JSONEachRowWithProgress', whole(ndjson)],
  ['TSV', rows(tsv)],
  ['TabSeparated', rows(tsv)],
  ['TSVRaw', rows(tsv)],
  ['TabSeparatedRaw', rows(tsv)],
  ['TSVWithNames', rows(tsv, 1)],
  ['TabSeparatedWithNames', rows(tsv, 1)],
  ['TSVWithNamesAndTypes', rows(tsv, 2)],
  ['TabSeparatedWithNamesAndTypes', rows(tsv, 2)],
  ['CSV', rows(csv('absent'))],
  ['CSVWithNames', whole(csv('present'))],
  ['CSVWithNamesAndTypes', whole(csv('present'))],
  ['RowBinary', rows(binary)],
  ['Native', rows(binary)],
  ['XML', whole('application/xml; charset=UTF-8')],
  ['Markdown', whole('text/markdown; charset=UTF-8')],
]);

const binaryPattern = /^(RowBinary|Native|Parquet|ORC|Arrow|Avro|MsgPack|Protobuf|CapnProto|BSON|Npy)/;

export const defaultFormat = 'TabSeparated';

/** How a format travels over HTTP; a format unknown here is sent whole, as text or bytes. */
export const traitsOf = (format: string): FormatTraits =>
  known.get(format) ?? whole(binaryPattern.test(format) ? binary : 'text/plain; charset=UTF-8');

/** `chunk` behind its first `lines` lines. */
export const withoutLines = (chunk: Uint8Array, lines: number): Uint8Array => {
  let from = 0;
  for (let line = 0; line < lines; line++) {
    const newline = chunk.indexOf(10, from);
    if (newline === -1) return chunk.subarray(chunk.length);
    from = newline + 1;
  }
  return chunk.subarray(from);
};
