/** For a server that a variable of the environment names: others use it, so no test ends it. */
export function mayNotEnd(variable: string): () => Promise<void> {
  return async () => {
    throw new Error(`${variable} names a server that is not the tests': unset it for tests that end one.`);
  };
}
