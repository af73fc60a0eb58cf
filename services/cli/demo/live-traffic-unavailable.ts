/** Why traffic cannot be made here, to continue "because"; undefined where it can be tried. */
export function liveTrafficUnavailable(platform: string, userId: number | undefined): string | undefined {
  if (platform !== 'linux') return `network namespaces exist on Linux only, and this is ${platform}`;
  if (userId !== 0) return 'making network namespaces needs root';
  return undefined;
}
