/** What became of one object. */
export interface SetupStep {
  readonly kind:
    | 'component_template'
    | 'index_template'
    | 'data_stream'
    | 'lifecycle'
    | 'index'
    | 'transform';
  readonly name: string;
  readonly outcome:
    | 'created'
    | 'updated'
    | 'unchanged'
    /** A newer version of it is there, and stays. */
    | 'newer'
    | 'rolled_over'
    | 'removed'
    | 'absent'
    /** Cannot be done on this server, or needs a word of the user first. */
    | 'skipped'
    | 'failed';
  readonly detail?: string;
}

export const KIND_WORDS: Readonly<Record<SetupStep['kind'], string>> = {
  component_template: 'component template',
  index_template: 'index template',
  data_stream: 'data stream',
  lifecycle: 'retention of',
  index: 'index',
  transform: 'transform',
};

const CHANGES: readonly SetupStep['outcome'][] = ['created', 'updated', 'rolled_over', 'removed'];

export function isChange({ outcome }: SetupStep): boolean {
  return CHANGES.includes(outcome);
}
