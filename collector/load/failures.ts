/**
 * Why an insert failed. `away`: no answer, or the server is not able to take anything now. `refused`: this content will
 * never be taken, and nothing of it was. `view`: the same, but by a materialized view: the base table has the rows
 * already, under the token of the insert. `other`: may pass, may be this content; tried again, but not at the cost of other segments.
 */
export interface InsertFailure {
  readonly kind: 'away' | 'refused' | 'view' | 'other';
  readonly code: number;
  readonly message: string;
}

/** ClickHouse error codes that speak about the rows themselves, in the base table or in a view behind it. */
const refusedCodes = new Set([
  6, // CANNOT_PARSE_TEXT
  26, // CANNOT_PARSE_QUOTED_STRING
  27, // CANNOT_PARSE_INPUT_ASSERTION_FAILED
  38, // CANNOT_PARSE_DATE
  41, // CANNOT_PARSE_DATETIME
  43, // ILLEGAL_TYPE_OF_ARGUMENT
  53, // TYPE_MISMATCH
  69, // ARGUMENT_OUT_OF_BOUND
  70, // CANNOT_CONVERT_TYPE
  72, // CANNOT_PARSE_NUMBER
  117, // INCORRECT_DATA
  128, // TOO_LARGE_ARRAY_SIZE
  131, // TOO_LARGE_STRING_SIZE
  153, // ILLEGAL_DIVISION
  190, // SIZES_OF_ARRAYS_DONT_MATCH
  321, // VALUE_IS_OUT_OF_RANGE_OF_DATA_TYPE
  395, // FUNCTION_THROW_IF_VALUE_IS_NON_ZERO
  407, // DECIMAL_OVERFLOW
  469, // VIOLATED_CONSTRAINT
]);

/** Codes that say the server as a whole cannot take inserts now: tables not there yet, no access, overload. */
const awayCodes = new Set([
  16, // NO_SUCH_COLUMN_IN_TABLE: a migration is still to come
  60, // UNKNOWN_TABLE
  81, // UNKNOWN_DATABASE
  159, // TIMEOUT_EXCEEDED
  164, // READONLY
  192, // UNKNOWN_USER
  193, // WRONG_PASSWORD
  202, // TOO_MANY_SIMULTANEOUS_QUERIES
  209, // SOCKET_TIMEOUT
  210, // NETWORK_ERROR
  236, // ABORTED
  242, // TABLE_IS_READ_ONLY
  243, // NOT_ENOUGH_SPACE
  252, // TOO_MANY_PARTS
  319, // UNKNOWN_STATUS_OF_INSERT
  394, // QUERY_WAS_CANCELLED
  497, // ACCESS_DENIED
  516, // AUTHENTICATION_FAILED
  745, // SERVER_OVERLOADED
]);

function exceptionCode(header: string | string[] | undefined, message: string): number {
  const fromHeader = Number(Array.isArray(header) ? header[0] : header);
  if (Number.isInteger(fromHeader)) return fromHeader;
  return Number(/Code: (\d+)/u.exec(message)?.[1] ?? 0);
}

/** Sorts a failed answer of ClickHouse's HTTP interface. An answer without an exception code is no verdict on content. */
export function classifyFailure(
  status: number,
  header: string | string[] | undefined,
  message: string,
): InsertFailure {
  const code = exceptionCode(header, message);
  const shown = message === '' ? `HTTP status ${status}` : message;
  if (refusedCodes.has(code)) {
    const isView = message.includes('while pushing to view');
    return { kind: isView ? 'view' : 'refused', code, message: shown };
  }
  if (awayCodes.has(code) || code === 0) return { kind: 'away', code, message: shown };
  return { kind: 'other', code, message: shown };
}
