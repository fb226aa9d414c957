use weighhouse_runtime::Runtime;

#[test]
fn the_client_is_generated_from_the_metadata_of_this_runtime() {
	let committed = include_bytes!("../../../crates/client/metadata.scale");
	let current = Runtime::metadata_at_version(16).unwrap();
	assert!(
		**current == committed[..],
		"run `make metadata` and commit crates/client/metadata.scale"
	);
}
