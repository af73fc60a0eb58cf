/** Writes documents with `create`, and makes them visible. Throws where one of them is refused. */
export async function bulkCreate(
  url: string,
  documents: readonly { readonly stream: string; readonly id: string; readonly body: string }[],
): Promise<void> {
  const lines = documents.flatMap(({ stream, id, body }) => [
    JSON.stringify({ create: { _index: stream, _id: id } }),
    body,
  ]);
  const response = await fetch(`${url}/_bulk?refresh=true&require_data_stream=true`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson' },
    body: `${lines.join('\n')}\n`,
  });
  const answer = (await response.json()) as {
    readonly items?: readonly { readonly create: { readonly status: number; readonly error?: unknown } }[];
  };
  const refused = answer.items?.filter(({ create }) => create.status !== 201) ?? [];
  if (!response.ok || answer.items?.length !== documents.length || refused.length > 0) {
    throw new Error(`${response.status}, ${refused.length} refused: ${JSON.stringify(refused[0] ?? answer)}`);
  }
}
