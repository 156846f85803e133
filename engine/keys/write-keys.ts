/**
 * Writes what key files hold in another format. What a format has no place for is said, never dropped silently.
 */
import type { AssociationOrigin } from '../state/security-association.ts';
import type { AssociationEntry, IkeKey, KeyFileContent, PolicyEntry } from './key-file.ts';
import type { WritableFormat, WritableKeyFormat } from './writable-formats.ts';
import { espSaRow } from './write-esp-sa.ts';
import { ipXfrmPolicy, ipXfrmState } from './write-ip-xfrm.ts';
import { notationText, writeSections } from './write-notation.ts';
import { setkeyAdd, setkeyPolicy } from './write-setkey.ts';
import { tcpdumpIke, tcpdumpSecret } from './write-tcpdump.ts';
import type { WrittenItem } from './write-parts.ts';
import { yamlAssociation } from './write-yaml.ts';

/** What the target has no place for. */
export interface WriteLoss {
  readonly origin: AssociationOrigin;
  /** The whole association, policy or IKE key is left out. */
  readonly isLeftOut: boolean;
  readonly message: string;
}

/** A key file to be written. It holds keys: see that only its owner can read it. */
export interface WrittenKeys {
  readonly text: string;
  readonly losses: readonly WriteLoss[];
  /** Associations in the text. */
  readonly associations: number;
}

interface KeyWriter {
  readonly head: string;
  readonly association: (entry: AssociationEntry) => WrittenItem;
  readonly policy?: (policy: PolicyEntry) => WrittenItem;
  readonly ikeKey?: (key: IkeKey) => WrittenItem;
}

const WRITERS: Readonly<Record<WritableKeyFormat, KeyWriter>> = {
  esp_sa: { head: '', association: espSaRow },
  setkey: { head: '', association: setkeyAdd, policy: setkeyPolicy },
  'ip-xfrm': { head: '', association: ipXfrmState, policy: ipXfrmPolicy },
  tcpdump: { head: '', association: tcpdumpSecret, ikeKey: tcpdumpIke },
  yaml: { head: 'associations:\n', association: yamlAssociation },
};

/** A file to be written in another format. */
export interface WritableFile extends Pick<
  KeyFileContent,
  'entries' | 'policies' | 'sections' | 'ikeKeys' | 'children'
> {
  /** Its name, for what is told of its sections. */
  readonly file?: string;
}

/** Writes all that the files hold and the format can say. */
export function writeKeys(format: WritableFormat, files: readonly WritableFile[]): WrittenKeys {
  const writer = format === 'spd' ? undefined : WRITERS[format];
  const losses: WriteLoss[] = [];
  const parts: string[] = [];
  let associations = 0;
  const add = (origin: AssociationOrigin, item: WrittenItem): boolean => {
    if ('impossible' in item) {
      losses.push({ origin, isLeftOut: true, message: `left out: ${item.impossible}` });
      return false;
    }
    if (item.lost.length > 0) {
      const message = `${format} has no place for ${item.lost.join(', ')}`;
      losses.push({ origin, isLeftOut: false, message });
    }
    parts.push(item.text);
    return true;
  };
  const none = (what: string): WrittenItem => ({
    impossible: `${format} has no place for ${what}`,
  });
  if (writer === undefined) {
    const notation = notationText(files, add);
    parts.push(notation.text);
    associations = notation.associations;
  } else {
    for (const { entries } of files) {
      for (const entry of entries) {
        if (add(entry.association.origin, writer.association(entry))) associations++;
      }
    }
  }
  for (const { policies, sections, ikeKeys, children, file = '' } of files) {
    if (writer !== undefined) {
      for (const policy of policies) {
        add(policy.origin, writer.policy?.(policy) ?? none('policies'));
      }
      writeSections(sections, file, format, writer.policy, add);
    }
    for (const key of ikeKeys) add(key.origin, writer?.ikeKey?.(key) ?? none('IKE keys'));
    for (const child of children) {
      add(child.origin, { impossible: 'a listing without keys' });
    }
  }
  return { text: `${writer?.head ?? ''}${parts.join('')}`, losses, associations };
}
