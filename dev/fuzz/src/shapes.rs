//! Calls of every shape, written from the runtime's own description of its types. A call that is added
//! to the runtime is covered without a line here.

use std::sync::LazyLock;

use arbitrary::{Result, Unstructured};
use codec::{Compact, DecodeLimit, Encode};
use frame_support::MAX_EXTRINSIC_DEPTH;
use scale_info::{
	form::PortableForm, meta_type, Field, PortableRegistry, Registry, TypeDef, TypeDefPrimitive,
};
use sp_runtime::traits::AccountIdConversion;
use weighhouse_runtime::{
	configs::market::{RoyaltyPot, Treasury},
	constants::{
		currency::{EXISTENTIAL_DEPOSIT, MILLI_WGH, WGH},
		time::{DAYS, HOURS, MINUTES},
	},
	AccountId, Feedback, RuntimeCall,
};

use super::market::{content, recipient, secrets, ACTORS};

/// The index of the market's first pallet.
const FIRST_OF_MARKET: u8 = 50;
/// How deep calls stand in calls.
const NESTED: u32 = 3;
/// `System::remark` of nothing, which ends the nesting.
const REMARK: [u8; 3] = [0, 0, 0];
/// Numbers that records are counted with.
const IDS: u128 = 8;
/// Lengths of lists.
const LENGTHS: [usize; 6] = [0, 1, 2, 3, 5, 60];

/// Numbers that mean something as an amount, a time, a part of 10^9 or the end of a range.
const NUMBERS: [u128; 18] = [
	EXISTENTIAL_DEPOSIT,
	EXISTENTIAL_DEPOSIT - 1,
	MILLI_WGH * 10,
	WGH,
	10 * WGH,
	100 * WGH,
	1_000_000 * WGH,
	10 * MINUTES as u128,
	HOURS as u128,
	DAYS as u128,
	7 * DAYS as u128,
	40,
	100,
	100_000_000,
	1_000_000_000,
	u32::MAX as u128,
	u64::MAX as u128,
	u128::MAX,
];

/// The types of the runtime's calls.
pub static SHAPES: LazyLock<Shapes> = LazyLock::new(|| {
	let mut registry = Registry::new();
	let call = registry.register_type(&meta_type::<RuntimeCall>()).id;
	Shapes {
		registry: registry.into(),
		call,
	}
});

/// The types that make up a call.
pub struct Shapes {
	registry: PortableRegistry,
	call: u32,
}

impl Shapes {
	/// A call; none if a list in it is longer than the runtime takes.
	pub fn call(&self, u: &mut Unstructured) -> Result<Option<RuntimeCall>> {
		let mut bytes = Vec::new();
		self.write_call(u, &mut bytes, 0)?;
		Ok(RuntimeCall::decode_all_with_depth_limit(MAX_EXTRINSIC_DEPTH, &mut &bytes[..]).ok())
	}

	fn write_call(&self, u: &mut Unstructured, out: &mut Vec<u8>, depth: u32) -> Result<()> {
		if depth > NESTED {
			out.extend(REMARK);
			return Ok(());
		}
		let TypeDef::Variant(pallets) = self.shape(self.call) else {
			unreachable!("a call names its pallet");
		};
		let ours = u.ratio(3, 4)?;
		let pallets = pallets.variants.iter();
		let pallets: Vec<_> = pallets
			.filter(|pallet| !ours || pallet.index >= FIRST_OF_MARKET)
			.collect();
		let pallet = u.choose(&pallets)?;
		out.push(pallet.index);
		self.write_fields(&pallet.fields, u, out, depth + 1)
	}

	fn write(&self, id: u32, u: &mut Unstructured, out: &mut Vec<u8>, depth: u32) -> Result<()> {
		if id == self.call {
			return self.write_call(u, out, depth);
		}
		let name = self.registry.resolve(id).and_then(|ty| ty.path.ident());
		match name.as_deref() {
			Some("AccountId32") => {
				account(u)?.encode_to(out);
				return Ok(());
			}
			Some("MultiAddress") if u.ratio(7, 8)? => {
				out.push(0);
				account(u)?.encode_to(out);
				return Ok(());
			}
			_ => {}
		}
		match self.shape(id) {
			TypeDef::Composite(composite) => self.write_fields(&composite.fields, u, out, depth),
			TypeDef::Variant(choice) if choice.variants.is_empty() => Ok(()),
			TypeDef::Variant(choice) => {
				let variant = u.choose(&choice.variants)?;
				out.push(variant.index);
				self.write_fields(&variant.fields, u, out, depth)
			}
			TypeDef::Sequence(list) if self.is_byte(list.type_param.id) => {
				text(u)?.encode_to(out);
				Ok(())
			}
			TypeDef::Sequence(list) => {
				let length = *u.choose(&LENGTHS)?;
				Compact(length as u32).encode_to(out);
				(0..length).try_for_each(|_| self.write(list.type_param.id, u, out, depth))
			}
			TypeDef::Array(array) if array.len == 32 && self.is_byte(array.type_param.id) => {
				out.extend(word(u)?);
				Ok(())
			}
			TypeDef::Array(array) => {
				(0..array.len).try_for_each(|_| self.write(array.type_param.id, u, out, depth))
			}
			TypeDef::Tuple(tuple) => tuple
				.fields
				.iter()
				.try_for_each(|field| self.write(field.id, u, out, depth)),
			TypeDef::Primitive(primitive) => write_primitive(primitive, u, out),
			TypeDef::Compact(compact) => self.write_compact(compact.type_param.id, u, out),
			TypeDef::BitSequence(_) => {
				Compact(0u32).encode_to(out);
				Ok(())
			}
		}
	}

	fn write_fields(
		&self,
		fields: &[Field<PortableForm>],
		u: &mut Unstructured,
		out: &mut Vec<u8>,
		depth: u32,
	) -> Result<()> {
		fields
			.iter()
			.try_for_each(|field| self.write(field.ty.id, u, out, depth))
	}

	/// A number of any width has the same compact form.
	fn write_compact(&self, id: u32, u: &mut Unstructured, out: &mut Vec<u8>) -> Result<()> {
		match self.shape(id) {
			TypeDef::Primitive(primitive) => {
				let mut bytes = [0; 16];
				let width = width(primitive);
				bytes[..width].copy_from_slice(&number(u)?.to_le_bytes()[..width]);
				Compact(u128::from_le_bytes(bytes)).encode_to(out);
				Ok(())
			}
			TypeDef::Composite(wrapper) => wrapper
				.fields
				.iter()
				.try_for_each(|field| self.write_compact(field.ty.id, u, out)),
			// Nothing is what else has a compact form.
			_ => Ok(()),
		}
	}

	fn shape(&self, id: u32) -> &TypeDef<PortableForm> {
		let ty = self.registry.resolve(id);
		&ty.expect("the registry holds what its types are made of")
			.type_def
	}

	fn is_byte(&self, id: u32) -> bool {
		matches!(self.shape(id), TypeDef::Primitive(TypeDefPrimitive::U8))
	}
}

/// How many bytes a number has; 16 if it has more.
fn width(primitive: &TypeDefPrimitive) -> usize {
	match primitive {
		TypeDefPrimitive::U8 | TypeDefPrimitive::I8 => 1,
		TypeDefPrimitive::U16 | TypeDefPrimitive::I16 => 2,
		TypeDefPrimitive::U32 | TypeDefPrimitive::I32 => 4,
		TypeDefPrimitive::U64 | TypeDefPrimitive::I64 => 8,
		_ => 16,
	}
}

fn write_primitive(
	primitive: &TypeDefPrimitive,
	u: &mut Unstructured,
	out: &mut Vec<u8>,
) -> Result<()> {
	match primitive {
		TypeDefPrimitive::Bool => out.push(u.int_in_range(0..=1)?),
		TypeDefPrimitive::Char => u32::from('a').encode_to(out),
		TypeDefPrimitive::Str => text(u)?.encode_to(out),
		// Most bytes by themselves are parts of keys and signatures.
		TypeDefPrimitive::U8 => out.push(u.arbitrary()?),
		TypeDefPrimitive::U256 | TypeDefPrimitive::I256 => out.extend(word(u)?),
		_ => out.extend(&number(u)?.to_le_bytes()[..width(primitive)]),
	}
	Ok(())
}

/// Mostly the number of a record.
fn number(u: &mut Unstructured) -> Result<u128> {
	match u.int_in_range(0..=7u8)? {
		0 => u.arbitrary(),
		1..=3 => u.choose(&NUMBERS).copied(),
		_ => u.int_in_range(0..=IDS),
	}
}

/// Mostly somebody who acts.
fn account(u: &mut Unstructured) -> Result<AccountId> {
	Ok(match u.int_in_range(0..=15u8)? {
		0 => AccountId::from(u.arbitrary::<[u8; 32]>()?),
		1 => Treasury::get(),
		2 => RoyaltyPot::get().into_account_truncating(),
		3 => Feedback::pot_account(u.int_in_range(0..=2)?),
		_ => u.choose(&ACTORS)?.to_account_id(),
	})
}

/// 32 bytes: a delivery key that a buyer knows the secret of, a digest that is easily met again, or any.
fn word(u: &mut Unstructured) -> Result<[u8; 32]> {
	match u.int_in_range(0..=3u8)? {
		0 => u.arbitrary(),
		1 => Ok([u.int_in_range(0..=3)?; 32]),
		_ => Ok(u.choose(&secrets())?.key()),
	}
}

/// Bytes as the market takes them, or any.
fn text(u: &mut Unstructured) -> Result<Vec<u8>> {
	Ok(match u.int_in_range(0..=7u8)? {
		0 => {
			let length = u.int_in_range(0..=64)?;
			u.bytes(length.min(u.len()))?.to_vec()
		}
		1 => vec![b'a'; u.int_in_range(0..=600)?],
		2 => recipient().to_text().into_bytes(),
		3 | 4 => u
			.choose(&["Apache-2.0", "model", "tabular"])?
			.as_bytes()
			.to_vec(),
		_ => content(u.choose(&["a", "b", "model", "input"])?),
	})
}
