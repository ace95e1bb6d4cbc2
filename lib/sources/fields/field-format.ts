import { isObject } from '../json/exact-json.ts';
import { parsePointer } from '../json-pointer.ts';
import type { RecordFormat } from '../source-format.ts';
import { type FieldChoices, pointersOf } from './field-choices.ts';
import { fieldReader } from './read-fields.ts';
import type { FieldRules } from './row.ts';

/** A format that is where the fields are, and nothing besides. */
export interface FieldFormat extends RecordFormat {
  readonly fields: FieldChoices;
  readonly rules: FieldRules;
  /** Where pointers begin, if not at the record itself. */
  readonly open?: (record: unknown) => unknown;
  readonly unusedKeys: NonNullable<RecordFormat['unusedKeys']>;
}

type Fields = Omit<FieldFormat, 'kind' | 'read' | 'unusedKeys'>;

export function fieldFormat(format: Fields): FieldFormat {
  const used = new Set(pointersOf(format.fields).map(({ pointer }) => parsePointer(pointer)[0]));
  const read = fieldReader(format.fields, format.rules);
  const open = format.open ?? ((record: unknown) => record);
  return {
    ...format,
    kind: 'records',
    read: (record) => read(open(record)),
    unusedKeys: (record) => {
      const opened = open(record);
      return isObject(opened) ? Object.keys(opened).filter((key) => !used.has(key)) : [];
    },
  };
}

/** A format of which every pointer is a customary key: a record need not have any. */
export const customaryFormat = (format: Omit<Fields, 'generic' | 'rules'> & Pick<Partial<Fields>, 'rules'>) =>
  fieldFormat({ ...format, generic: true, rules: { ...format.rules, customary: new Set(Object.keys(format.fields)) } });
