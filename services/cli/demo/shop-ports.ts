/** Where the shop listens. */
export const SHOP_HTTP_PORT = 80;
export const SHOP_DNS_PORT = 53;

/** Where it does not: TCP answers with a reset, UDP with an ICMP message. */
export const SHOP_CLOSED_PORT = 81;
