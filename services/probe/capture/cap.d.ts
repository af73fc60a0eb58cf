/** What is used of the package `cap`, which has no types. */
declare module 'cap' {
  interface Device {
    readonly name: string;
    readonly addresses: readonly unknown[];
    readonly flags?: string;
  }

  class Cap {
    /** Gives the name of the link type. Frames are copied into `buffer`, one after the other. */
    open(device: string, filter: string, bufferBytes: number, buffer: Buffer): string;
    on(event: 'packet', listener: (capturedBytes: number) => void): this;
    close(): boolean;
  }

  const cap: { readonly Cap: typeof Cap; readonly deviceList: () => readonly Device[] };
  export = cap;
}
