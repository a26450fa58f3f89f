import { readFile } from 'node:fs/promises';
import { faultsOf, faultsOfItems } from '@plumbline/control-plane/replays/certificate/check.ts';
import {
  CertificateKey,
  CertifiedItem,
  SealedCertificate,
} from '@plumbline/control-plane/replays/certificate/schemas.ts';

interface Verdict {
  readonly sentences: readonly string[];
  readonly faults: readonly string[];
}

/**
 * Checks a certificate by its own data, without any server. Without a key its signature only says that nobody changed it since it
 * was signed by the key it names, whoever has that.
 * @param keyFile what the API gave as the key of the installation that must have signed
 * @param itemsFile the messages as they were exported
 */
export async function verifyCertificate(
  file: string,
  keyFile?: string,
  itemsFile?: string,
): Promise<Verdict> {
  try {
    const sealed = SealedCertificate.parse(JSON.parse(await readFile(file, 'utf8')));
    const { replay, counts } = sealed.certificate;
    const faults = faultsOf(sealed);
    if (keyFile !== undefined) {
      const { keyId } = CertificateKey.parse(JSON.parse(await readFile(keyFile, 'utf8')));
      if (keyId !== sealed.signature.keyId)
        faults.push(`it is signed by another key: ${sealed.signature.keyId}`);
    }
    if (itemsFile !== undefined) {
      const lines = (await readFile(itemsFile, 'utf8')).split('\n').filter(Boolean);
      const items = lines.map((line) => CertifiedItem.parse(JSON.parse(line)));
      faults.push(...faultsOfItems(sealed.certificate, items));
    }
    if (faults.length > 0) return { sentences: [], faults };
    return {
      sentences: [
        `The certificate of replay ${replay.id} holds: ${counts.confirmed} of ${counts.items} messages confirmed${replay.isFinal ? '' : ', not final'}.`,
        keyFile === undefined
          ? `It is signed by the key ${sealed.signature.keyId}: compare that with GET /api/v1/replays/certificate-key, or name its file.`
          : `It is signed by the key ${sealed.signature.keyId}, as it must be.`,
        ...(itemsFile === undefined ? [] : ['The messages listed are those of its manifest and its ledger.']),
      ],
      faults: [],
    };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { sentences: [], faults: [`this cannot be read as a certificate: ${why}`] };
  }
}
