/** Why the server did not answer, for people. */
export class AskFailure extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = 'AskFailure';
    this.status = status;
  }
}

/** Asks the server. Rejects with an AskFailure that says what to do. */
export async function ask<Answer>(view: string, question: string, signal?: AbortSignal): Promise<Answer> {
  let response: Response;
  try {
    response = await fetch(`/api/${view}${question === '' ? '' : `?${question}`}`, {
      signal: signal ?? null,
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new AskFailure(
      0,
      'The console does not answer. Does flowtap still run? The page tries again by itself unless it is paused.',
    );
  }
  if (response.ok) return (await response.json()) as Answer;
  throw new AskFailure(response.status, await reasonOf(response));
}

async function reasonOf(response: Response): Promise<string> {
  try {
    const { error } = (await response.json()) as { readonly error: { readonly message: string } };
    return error.message;
  } catch {
    return `The console answered with ${response.status}.`;
  }
}
