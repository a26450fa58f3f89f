const slotCount = 64;

function slotOf(length: number, first: number, last: number): number {
  return (length * 7 + first * 3 + last) & (slotCount - 1);
}

/** The field names that a message knows; finds them in a request's bytes without making strings. */
export class KeyTable<Name extends string> {
  private readonly slots: { name: Name; bytes: Buffer }[][] = Array.from({ length: slotCount }, () => []);
  private readonly names: readonly Name[];

  constructor(names: readonly Name[]) {
    this.names = names;
    for (const name of names) {
      const bytes = Buffer.from(name, 'latin1');
      const slot = slotOf(bytes.length, bytes[0] as number, bytes[bytes.length - 1] as number);
      (this.slots[slot] as { name: Name; bytes: Buffer }[]).push({ name, bytes });
    }
  }

  /** The known name that stands in a range of bytes; empty for any other. */
  find(source: Buffer, from: number, to: number): Name | '' {
    const length = to - from;
    if (length === 0) return '';
    const slot = slotOf(length, source[from] as number, source[to - 1] as number);
    const candidates = this.slots[slot] as { name: Name; bytes: Buffer }[];
    next: for (let index = 0; index < candidates.length; index++) {
      const { name, bytes } = candidates[index] as { name: Name; bytes: Buffer };
      if (bytes.length !== length) continue;
      for (let at = 1; at < length; at++) if (bytes[at] !== source[from + at]) continue next;
      return name;
    }
    return '';
  }

  /** The same for a name that was written with escape sequences. */
  findText(text: string): Name | '' {
    return this.names.find((name) => name === text) ?? '';
  }
}
