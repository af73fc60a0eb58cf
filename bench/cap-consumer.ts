/**
 * The least that can be done with the package `cap`: count the packets that its callback is given.
 *
 *     node bench/cap-consumer.ts INTERFACE
 *
 * Prints the count at SIGINT, as JSON.
 */
const { Cap } = (await import('cap')).default;

const KERNEL_BUFFER_BYTES = 8 << 20;

const capture = new Cap();
const frame = Buffer.alloc(65_535);
capture.open(process.argv[2], '', KERNEL_BUFFER_BYTES, frame);
let packets = 0;
capture.on('packet', () => {
  // The callback must hold the buffer: the package does not, and would write into freed memory.
  if (frame.length > 0) packets++;
});
process.once('SIGINT', () => {
  capture.close();
  process.stdout.write(`${JSON.stringify({ packets })}\n`);
});
