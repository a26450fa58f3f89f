import { execFileSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { formatCatalogErrors } from './catalog-error.ts';
import { loadCatalog } from './load.ts';

const example = path.join(import.meta.dirname, 'example');
const system = 'systems:\n  - { name: erp, title: ERP, owner: it }\n';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'plumbline-catalog-'));
});

afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

async function errors(): Promise<string> {
  const result = await loadCatalog(directory);
  return result.ok ? '' : formatCatalogErrors(result.errors);
}

describe('loadCatalog', () => {
  it('reads the example without error or warning', async () => {
    const result = await loadCatalog(example);
    expect(result.ok ? result.warnings : result.errors).toEqual([]);
    if (!result.ok) return;
    expect(result.catalog.flows.map(({ name }) => name)).toEqual([
      'erp-to-payments-capture',
      'erp-to-wms-release',
      'shop-to-erp-order',
      'wms-to-erp-shipment',
    ]);
    expect(result.catalog.entities.find(({ name }) => name === 'order')?.schemas['1']).toMatchObject({
      title: 'order/1',
    });
  });

  it('gives the same hash for a copy elsewhere', async () => {
    await cp(example, directory, { recursive: true });
    const [here, there] = await Promise.all([loadCatalog(example), loadCatalog(directory)]);
    expect(here.ok && there.ok && here.catalog.hash === there.catalog.hash).toBe(true);
  });

  it('says what to do when the directory is missing or is a file', async () => {
    await rm(directory, { recursive: true });
    expect(await errors()).toContain('there is no such directory');
    await writeFile(directory, '');
    expect(await errors()).toContain('this is not a directory');
  });

  it('refuses a pipe instead of waiting for whoever writes into it', async () => {
    execFileSync('mkfifo', [path.join(directory, 'a.yaml')]);
    expect(await errors()).toContain('a.yaml');
    expect(await errors()).toContain('is not a regular file');
  });

  it('reads a directory mounted as a ConfigMap once', async () => {
    await mkdir(path.join(directory, '..2026_11'));
    await writeFile(path.join(directory, '..2026_11', 'a.yaml'), system);
    await symlink('..2026_11', path.join(directory, '..data'));
    await symlink(path.join('..data', 'a.yaml'), path.join(directory, 'a.yaml'));
    const result = await loadCatalog(directory);
    expect(result.ok && result.catalog.systems).toHaveLength(1);
  });

  it('refuses links that lead out of the directory or nowhere, and does not follow directories', async () => {
    await symlink('/etc/hostname', path.join(directory, 'out.yaml'));
    await symlink('missing', path.join(directory, 'gone.yml'));
    await symlink('/etc', path.join(directory, 'etc'));
    expect(await errors()).toBe(
      [
        'gone.yml  is a link to nothing; mend or remove it',
        'out.yaml  is a link that leaves the catalog directory; copy the file instead',
      ].join('\n'),
    );
  });

  it('refuses a file beyond the limit instead of reading it', async () => {
    await writeFile(path.join(directory, 'big.yaml'), '#'.repeat(1_000_001));
    expect(await errors()).toContain('big.yaml  is larger than 1000000 bytes');
  });
});
