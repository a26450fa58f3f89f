import { DecodeError } from '../decode-error.ts';
import type { TextRef, Word64 } from '../row-fields.ts';
import type { KeyTable } from './key-table.ts';

/** Deep enough for every attribute value that the collector takes; deeper input ends the request. */
const depthMax = 256;

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const colon = 0x3a;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const minus = 0x2d;

const numberPattern = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/u;
const integerPattern = /^-?\d+$/u;
const wordSize = 4294967296;

/**
 * A cursor over JSON text in bytes. It makes no objects: callers pull members and elements, and texts come as ranges
 * of the request. `null` stands for an absent value everywhere, as in protobuf's JSON mapping.
 */
export class JsonReader {
  readonly buffer: Buffer;
  at = 0;
  private depth = 0;
  private isFirst = false;
  private textFrom = 0;
  private textTo = 0;
  private hasEscapes = false;

  constructor(buffer: Buffer) {
    this.buffer = buffer;
  }

  malformed(): never {
    throw new DecodeError('malformed', `The body is not valid OTLP/JSON near byte ${this.at}.`);
  }

  private skipSpace(): number {
    for (;;) {
      const byte = this.buffer[this.at];
      if (byte === undefined) this.malformed();
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return byte;
      this.at++;
    }
  }

  /** Checks that nothing but white space follows. */
  finish(): void {
    for (; this.at < this.buffer.length; this.at++) {
      const byte = this.buffer[this.at];
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) this.malformed();
    }
  }

  private literal(text: string): void {
    for (let index = 0; index < text.length; index++)
      if (this.buffer[this.at + index] !== text.charCodeAt(index)) this.malformed();
    this.at += text.length;
  }

  /** Passes over a null; false when something else stands here. */
  private takeNull(): boolean {
    if (this.skipSpace() !== 0x6e) return false;
    this.literal('null');
    return true;
  }

  private open(bracket: number): boolean {
    if (this.takeNull()) return false;
    if (this.buffer[this.at] !== bracket) this.malformed();
    if (++this.depth > depthMax) throw new DecodeError('too_deep', `The JSON nests deeper than ${depthMax}.`);
    this.at++;
    this.isFirst = true;
    return true;
  }

  /** Enters an object; false for null. */
  openObject(): boolean {
    return this.open(openBrace);
  }

  /** Enters an array; false for null. */
  openArray(): boolean {
    return this.open(openBracket);
  }

  private more(bracket: number): boolean {
    const byte = this.skipSpace();
    if (byte === bracket) {
      this.at++;
      this.depth--;
      this.isFirst = false;
      return false;
    }
    if (!this.isFirst) {
      if (byte !== comma) this.malformed();
      this.at++;
    }
    this.isFirst = false;
    return true;
  }

  nextElement(): boolean {
    return this.more(closeBracket);
  }

  /** Moves to the next member: its name if the table knows it, '' if not, undefined at the end of the object. */
  nextMember<Name extends string>(keys: KeyTable<Name>): Name | '' | undefined {
    if (!this.more(closeBrace)) return undefined;
    if (this.skipSpace() !== quote) this.malformed();
    this.scanText();
    const name = this.hasEscapes
      ? keys.findText(this.unescaped())
      : keys.find(this.buffer, this.textFrom, this.textTo);
    if (this.skipSpace() !== colon) this.malformed();
    this.at++;
    return name;
  }

  /** Finds the end of the text whose opening quote is at hand. */
  private scanText(): void {
    const buffer = this.buffer;
    let at = this.at + 1;
    this.textFrom = at;
    this.hasEscapes = false;
    for (;;) {
      const byte = buffer[at];
      if (byte === quote) break;
      if (byte === backslash) {
        this.hasEscapes = true;
        at++;
      } else if (byte === undefined || byte < 0x20) this.malformed();
      at++;
    }
    this.textTo = at;
    this.at = at + 1;
  }

  private unescaped(): string {
    try {
      return JSON.parse(this.buffer.toString('utf8', this.textFrom - 1, this.textTo + 1)) as string;
    } catch {
      return this.malformed();
    }
  }

  /** Reads a text. Lone surrogates become U+FFFD, for they have no UTF-8 form. */
  readText(into: TextRef): void {
    if (this.takeNull()) return into.clear();
    if (this.buffer[this.at] !== quote) this.malformed();
    this.scanText();
    if (!this.hasEscapes) return into.set(this.buffer, this.textFrom, this.textTo);
    const bytes = Buffer.from(this.unescaped(), 'utf8');
    into.set(bytes, 0, bytes.length);
  }

  readString(): string {
    if (this.takeNull()) return '';
    if (this.buffer[this.at] !== quote) this.malformed();
    this.scanText();
    return this.hasEscapes ? this.unescaped() : this.buffer.toString('utf8', this.textFrom, this.textTo);
  }

  /** The characters of a number, or of a text that may hold one; undefined for null. */
  private scalar(): string | undefined {
    if (this.takeNull()) return undefined;
    if (this.buffer[this.at] === quote) return this.readString();
    const from = this.at;
    this.skipNumber();
    return this.buffer.toString('latin1', from, this.at);
  }

  private skipNumber(): void {
    const from = this.at;
    for (;;) {
      const byte = this.buffer[this.at] as number;
      const isPart =
        (byte >= 48 && byte <= 57) ||
        byte === minus ||
        byte === 0x2b ||
        byte === 0x2e ||
        (byte | 32) === 0x65;
      if (!isPart) break;
      this.at++;
    }
    if (this.at === from) this.malformed();
  }

  /** Reads a 64-bit integer, as a number or as text; large ones keep every digit. */
  readInt64(into: Word64): void {
    if (this.readDigits(into)) return;
    const text = this.scalar();
    if (text === undefined) return into.clear();
    if (integerPattern.test(text)) return into.setBigInt(BigInt.asUintN(64, BigInt(text)));
    const value = Number(text);
    if (!numberPattern.test(text) || !Number.isInteger(value)) this.malformed();
    into.setBigInt(BigInt.asUintN(64, BigInt(value)));
  }

  /** The fast path for 1 to 19 plain digits, quoted or not; leaves the cursor alone when it does not apply. */
  private readDigits(into: Word64): boolean {
    const buffer = this.buffer;
    const isOpened = this.skipSpace() === quote;
    let at = isOpened ? this.at + 1 : this.at;
    const isQuoted = at !== this.at;
    const from = at;
    let head = 0;
    let tail = 0;
    let digits = 0;
    for (; digits < 20; at++, digits++) {
      const digit = (buffer[at] as number) - 48;
      if (!(digit >= 0 && digit <= 9)) break;
      if (digits < 10) head = head * 10 + digit;
      else tail = tail * 10 + digit;
    }
    const next = buffer[at] as number;
    const ends = isQuoted ? next === quote : next === comma || next === closeBrace || next === closeBracket;
    const hasLeadingZero = !isQuoted && digits > 1 && buffer[from] === 48;
    if (digits === 0 || digits > 19 || !ends || hasLeadingZero) return false;
    this.at = isQuoted ? at + 1 : at;
    if (digits <= 10) into.set(head, Math.floor(head / wordSize));
    else setProduct(into, head, 10 ** (digits - 10), tail);
    return true;
  }

  /** Reads a small integer, as a number, as text or as the name of an enum's value; unknown names are 0. */
  readInteger(names?: readonly string[]): number {
    const text = this.scalar();
    if (text === undefined) return 0;
    if (integerPattern.test(text)) return Number(text);
    if (numberPattern.test(text) && Number.isInteger(Number(text))) return Number(text);
    if (!names) return this.malformed();
    return Math.max(0, names.indexOf(text));
  }

  readDouble(): number {
    const text = this.scalar();
    if (text === undefined) return 0;
    if (numberPattern.test(text)) return Number(text);
    if (text === 'NaN') return Number.NaN;
    if (text === 'Infinity') return Number.POSITIVE_INFINITY;
    return text === '-Infinity' ? Number.NEGATIVE_INFINITY : this.malformed();
  }

  readBoolean(): boolean {
    if (this.takeNull()) return false;
    const isTrue = this.buffer[this.at] === 0x74;
    this.literal(isTrue ? 'true' : 'false');
    return isTrue;
  }

  /** True when the value at hand is null, which is passed over. */
  readNull(): boolean {
    return this.takeNull();
  }

  /** Reads a value passed over before, and comes back. */
  visit(at: number, read: () => void): void {
    const { depth, isFirst } = this;
    const back = this.at;
    this.at = at;
    read();
    this.at = back;
    this.depth = depth;
    this.isFirst = isFirst;
  }

  /** Passes over any value, checking its form. */
  skip(): void {
    const byte = this.skipSpace();
    if (byte === quote) this.scanText();
    else if (byte === openBrace) {
      this.openObject();
      while (this.nextMember(noKeys) !== undefined) this.skip();
    } else if (byte === openBracket) {
      this.openArray();
      while (this.nextElement()) this.skip();
    } else if (byte === 0x74) this.literal('true');
    else if (byte === 0x66) this.literal('false');
    else if (byte === 0x6e) this.literal('null');
    else {
      const from = this.at;
      this.skipNumber();
      if (!numberPattern.test(this.buffer.toString('latin1', from, this.at))) this.malformed();
    }
  }
}

const noKeys = { find: () => '', findText: () => '' } as unknown as KeyTable<never>;

/** Sets `head * scale + tail`, where head and scale have up to 10 digits each, in exact halves. */
function setProduct(into: Word64, head: number, scale: number, tail: number): void {
  const headHigh = Math.floor(head / 65536);
  const low = (head % 65536) * scale + tail;
  const high = headHigh * scale + Math.floor(low / 65536);
  into.set((high % 65536) * 65536 + (low % 65536), Math.floor(high / 65536));
}
