import { describe, expect, it } from 'vitest';
import { forbidFilesInValues } from './guard-values.ts';

const rows = (count: number): string => "(1, 'a; file(x)', [now()]),\n".repeat(count);

describe('forbidFilesInValues', () => {
  it('finds a file wherever it stands among many rows', async () => {
    for (const before of [0, 1, 1_538, 1_539, 4_000])
      await expect(forbidFilesInValues(`${rows(before)}(1, file('/etc/passwd'), [])`)).rejects.toThrow(
        'not allowed over HTTP',
      );
  });

  it('takes rows that only speak of one, closed by a semicolon or not', async () => {
    await expect(forbidFilesInValues(`${rows(4_000)}(1, 'b', [])`)).resolves.toBeUndefined();
    await expect(forbidFilesInValues("(1, 'b'); ; -- ;")).resolves.toBeUndefined();
    await expect(forbidFilesInValues("(1, 'never closed")).resolves.toBeUndefined();
  });

  it('refuses a second statement', async () => {
    await expect(forbidFilesInValues(`${rows(4_000)}(1); DROP TABLE t`)).rejects.toThrow('Multi-statements');
  });

  it('lets others run in between', async () => {
    let turns = 0;
    const timer = setInterval(() => turns++, 0);
    await forbidFilesInValues(rows(50_000));
    clearInterval(timer);
    expect(turns).toBeGreaterThan(5);
  });
});
