export type DecodeErrorCode = 'malformed' | 'too_deep' | 'too_large';

/** Ends the decoding of a request at once; the decoder's entry point turns it into a value. */
export class DecodeError extends Error {
  readonly code: DecodeErrorCode;

  constructor(code: DecodeErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
