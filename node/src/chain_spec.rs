//! The chains that this node knows by name. Each is a genesis preset of the runtime.

use sc_chain_spec::{json_merge, ChainType, GenericChainSpec, NoExtension, Properties};
use sp_core::storage::{well_known_keys::CODE, Storage};
use sp_runtime::BuildStorage;
use weighhouse_runtime::{genesis_config_presets as presets, RuntimeGenesisConfig, WASM_BINARY};

/// The specification of a chain.
pub type ChainSpec = GenericChainSpec<NoExtension>;

/// The chain called `id`, or the one in the file of that path, as a node runs it.
///
/// The genesis state of a named chain is built by this program's own copy of the runtime: building
/// it in the WebAssembly would compile that twice more, for seconds each.
pub fn load(id: &str) -> Result<Box<dyn sc_service::ChainSpec>, String> {
	let Some(chain) = Named::find(id) else {
		return from_file(id);
	};
	let mut spec = chain.describe()?;
	sc_service::ChainSpec::set_storage(&mut spec, chain.genesis_storage()?);
	Ok(Box::new(spec))
}

/// The chain called `id`, or the one in the file of that path, with a genesis that a person can
/// read and change.
pub fn describe(id: &str) -> Result<Box<dyn sc_service::ChainSpec>, String> {
	let Some(chain) = Named::find(id) else {
		return from_file(id);
	};
	Ok(Box::new(chain.describe()?))
}

fn from_file(path: &str) -> Result<Box<dyn sc_service::ChainSpec>, String> {
	ChainSpec::from_json_file(path.into())
		.map(|spec| Box::new(spec) as Box<dyn sc_service::ChainSpec>)
		.map_err(|error| {
			format!("no chain is called '{path}' (dev, local, local4), and no file of that name can be read as a chain specification: {error}")
		})
}

/// A chain that has a name here.
struct Named {
	id: &'static str,
	name: &'static str,
	preset: &'static str,
	chain_type: ChainType,
}

impl Named {
	fn find(id: &str) -> Option<Self> {
		let (id, name, preset, chain_type) = match id {
			"dev" => (
				"dev",
				"Weighhouse Development",
				presets::DEVELOPMENT,
				ChainType::Development,
			),
			"" | "local" => (
				"local",
				"Weighhouse Local",
				presets::LOCAL,
				ChainType::Local,
			),
			"local4" => (
				"local4",
				"Weighhouse Local, four validators",
				presets::LOCAL4,
				ChainType::Local,
			),
			_ => return None,
		};
		Some(Self {
			id,
			name,
			preset,
			chain_type,
		})
	}

	fn describe(&self) -> Result<ChainSpec, String> {
		let mut properties = Properties::new();
		properties.insert("tokenSymbol".into(), "WGH".into());
		properties.insert("tokenDecimals".into(), 12.into());
		properties.insert("ss58Format".into(), 42.into());
		Ok(ChainSpec::builder(wasm()?, None)
			.with_name(self.name)
			.with_id(self.id)
			.with_protocol_id("weighhouse")
			.with_chain_type(self.chain_type.clone())
			.with_genesis_config_preset_name(self.preset)
			.with_properties(properties)
			.build())
	}

	fn genesis_storage(&self) -> Result<Storage, String> {
		let unreadable = |error| format!("the preset '{}': {error}", self.preset);
		let preset = presets::get_preset(&self.preset.into())
			.ok_or_else(|| format!("the runtime has no preset '{}'", self.preset))?;
		let mut config =
			serde_json::to_value(RuntimeGenesisConfig::default()).map_err(unreadable)?;
		json_merge(
			&mut config,
			serde_json::from_slice(&preset).map_err(unreadable)?,
		);
		let config: RuntimeGenesisConfig = serde_json::from_value(config).map_err(unreadable)?;
		let mut storage = config.build_storage()?;
		storage.top.insert(CODE.to_vec(), wasm()?.to_vec());
		Ok(storage)
	}
}

fn wasm() -> Result<&'static [u8], String> {
	WASM_BINARY.ok_or_else(|| {
		"this node was built with SKIP_WASM_BUILD and holds no runtime; build it again without"
			.into()
	})
}
