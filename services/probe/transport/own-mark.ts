/** SO_MARK of the probe's own sockets: a bit that no common network plugin uses for the packets of a pod. */
export const OWN_MARK = 0x1000;
