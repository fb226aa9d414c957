//! The chains that this node knows by name. Each is a genesis preset of the runtime.

use sc_service::{ChainType, GenericChainSpec, NoExtension, Properties};
use weighhouse_runtime::{genesis_config_presets as presets, WASM_BINARY};

/// The specification of a chain.
pub type ChainSpec = GenericChainSpec<NoExtension>;

/// The chain called `id`, or the one in the file of that path.
pub fn load(id: &str) -> Result<Box<dyn sc_service::ChainSpec>, String> {
	let (name, preset, chain_type) = match id {
		"dev" => ("Weighhouse Development", presets::DEVELOPMENT, ChainType::Development),
		"" | "local" => ("Weighhouse Local", presets::LOCAL, ChainType::Local),
		"local4" => ("Weighhouse Local, four validators", presets::LOCAL4, ChainType::Local),
		path => {
			return ChainSpec::from_json_file(path.into())
				.map(|spec| Box::new(spec) as Box<dyn sc_service::ChainSpec>)
				.map_err(|error| {
					format!("no chain is called '{path}' (dev, local, local4), and no file of that name can be read as a chain specification: {error}")
				})
		},
	};
	let wasm = WASM_BINARY.ok_or(
		"this node was built with SKIP_WASM_BUILD and holds no runtime; build it again without",
	)?;
	let mut properties = Properties::new();
	properties.insert("tokenSymbol".into(), "WGH".into());
	properties.insert("tokenDecimals".into(), 12.into());
	properties.insert("ss58Format".into(), 42.into());
	let spec = ChainSpec::builder(wasm, None)
		.with_name(name)
		.with_id(if id.is_empty() { "local" } else { id })
		.with_protocol_id("weighhouse")
		.with_chain_type(chain_type)
		.with_genesis_config_preset_name(preset)
		.with_properties(properties)
		.build();
	Ok(Box::new(spec))
}
