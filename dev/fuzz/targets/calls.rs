//! Bytes that claim to be calls and transactions: decoding ends, what it takes has one encoding, and
//! what a call weighs and who may make it can be told of everything that was decoded.

#![no_main]

use codec::{Decode, DecodeLimit, Encode};
use frame_support::{dispatch::GetDispatchInfo, traits::InstanceFilter, MAX_EXTRINSIC_DEPTH};
use libfuzzer_sys::fuzz_target;
use sp_io::TestExternalities;
use weighhouse_runtime::{configs::proxies::ProxyType, RuntimeCall, UncheckedExtrinsic};

fuzz_target!(|data: &[u8]| {
	call(data);
	transaction(data);
});

fn call(data: &[u8]) {
	let decode = |bytes: &[u8]| {
		RuntimeCall::decode_all_with_depth_limit(MAX_EXTRINSIC_DEPTH, &mut &bytes[..])
	};
	let Ok(call) = decode(data) else {
		return;
	};
	let encoded = call.encode();
	assert_eq!(encoded, data, "a call has one encoding");
	assert_eq!(call.encoded_size(), data.len());
	assert_eq!(decode(&encoded).ok().as_ref(), Some(&call));
	// Weights read settings of the chain.
	TestExternalities::default().execute_with(|| {
		let _ = call.get_dispatch_info();
	});
	use ProxyType::{Agent, Any, Deliver, NonTransfer, Work};
	assert!(Any.filter(&call));
	for restricted in [NonTransfer, Agent, Deliver, Work] {
		restricted.filter(&call);
	}
}

fn transaction(data: &[u8]) {
	let Ok(transaction) = UncheckedExtrinsic::decode(&mut &data[..]) else {
		return;
	};
	let encoded = transaction.encode();
	let again = UncheckedExtrinsic::decode(&mut &encoded[..]);
	let again = again.expect("what was encoded can be decoded");
	assert_eq!(again.encode(), encoded);
}
