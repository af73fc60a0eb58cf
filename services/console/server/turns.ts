import { Refusal } from './refusal.ts';

/** Lets only so many questions be answered at once; who comes then is told to come again. */
export class Turns {
  readonly #max: number;
  #taken = 0;

  constructor(max: number) {
    this.#max = max;
  }

  /** Runs `work` if there is room. Rejects with a Refusal where there is none. */
  async take<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#taken >= this.#max) {
      throw new Refusal(
        503,
        'busy',
        'The console answers too many questions at once; try again in a moment.',
        {
          'retry-after': '2',
        },
      );
    }
    this.#taken++;
    try {
      return await work();
    } finally {
      this.#taken--;
    }
  }
}
