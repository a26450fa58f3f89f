const perLine = 16;

/** Bytes as `00000010  48 65 6c 6c 6f …  Hello…`, at most `bytesMax` of them. */
export function hexOf(base64: string, bytesMax = 16_384): string {
  const binary = atob(base64).slice(0, bytesMax);
  const lines: string[] = [];
  for (let at = 0; at < binary.length; at += perLine) {
    const part = binary.slice(at, at + perLine);
    const codes = [...part].map((char) => char.charCodeAt(0).toString(16).padStart(2, '0'));
    const text = [...part].map((char) => (char >= ' ' && char <= '~' ? char : '.')).join('');
    lines.push(`${at.toString(16).padStart(8, '0')}  ${codes.join(' ').padEnd(perLine * 3 - 1)}  ${text}`);
  }
  return lines.join('\n');
}
