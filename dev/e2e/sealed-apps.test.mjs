// The program for buyers who use Apps, against the vectors of the protocol.
import '../../docs/examples/sealed-apps/sealed.test.mjs';
