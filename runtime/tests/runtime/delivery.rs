//! Sealed models on the whole runtime: bought, delivered, complained of, and ended by the chain.

use frame_support::{assert_noop, assert_ok};
use sp_keyring::Sr25519Keyring;
use weighhouse_primitives::{
	sealing::{Context, DeliverySecret, Identity, SealedKey, Vault},
	LicenceId, ListingId, Right, Term,
};
use weighhouse_runtime::{
	constants::{
		currency::WGH,
		time::{DAYS, HOURS, MINUTES},
	},
	Delivery, Licensing, Runtime, System,
};

use crate::chain::{
	development, free, next_block, offer, reconcile, register_sealed, signed, total, BOB, CHARLIE,
};

pub const SELLER: Sr25519Keyring = BOB;
pub const BUYER: Sr25519Keyring = CHARLIE;

/// The key of the model.
fn identity() -> Identity {
	Identity::from_bytes([6; 32])
}

/// What the buyer keeps to itself.
fn secret() -> DeliverySecret {
	DeliverySecret::from_seed([4; 32])
}

fn context(licence: LicenceId) -> Context {
	Context {
		genesis: System::block_hash(0),
		licence,
		version: 1,
	}
}

/// A sealed listing at 10 WGH, of a seller whose bond covers one sale.
fn offered() -> ListingId {
	let listing = register_sealed(SELLER, "sealed", identity().recipient());
	offer(SELLER, listing, Term::Perpetual);
	assert_ok!(Delivery::bond(signed(SELLER), WGH));
	listing
}

/// A licence that waits for its key.
pub fn bought() -> LicenceId {
	let listing = offered();
	let licence = pallet_licensing::NextLicence::<Runtime>::get();
	let key = secret().key();
	assert_ok!(Delivery::buy(signed(BUYER), listing, 1, key, HOURS));
	licence
}

/// What an honest seller delivers.
fn right_key(licence: LicenceId) -> SealedKey {
	let key = Delivery::delivery(licence).unwrap().key;
	let vault = Vault::from_bytes([5; 32]);
	vault.seal(context(licence), &key, &identity()).unwrap()
}

fn deliver(licence: LicenceId, sealed: SealedKey) {
	let SealedKey { point, ciphertext } = sealed;
	let key = Delivery::delivery(licence).unwrap().key;
	assert_ok!(Delivery::deliver(
		signed(SELLER),
		licence,
		key,
		point,
		ciphertext
	));
}

fn may_use(listing: ListingId) -> bool {
	Licensing::has_licence(BUYER.to_account_id(), listing, 1, Right::Use)
}

#[test]
fn a_sealed_sale_is_paid_when_its_buyer_has_the_key() {
	development(|| {
		let licence = bought();
		deliver(licence, right_key(licence));
		assert!(!may_use(1));
		reconcile();

		let sealed = *Delivery::delivery(licence).unwrap().state.sealed().unwrap();
		let opened = secret().open(context(licence), &identity().recipient(), &sealed);
		assert_eq!(opened.unwrap().bytes(), identity().bytes());
		let before = free(&SELLER.to_account_id());
		assert_ok!(Delivery::finalize(signed(BUYER), licence));
		// All of the price but the fee of 2.5 %.
		assert_eq!(free(&SELLER.to_account_id()), before + 975 * WGH / 100);
		assert!(may_use(1));
	});
}

#[test]
fn a_wrong_key_gives_the_money_back_and_costs_the_seller_a_tenth() {
	development(|| {
		let (buyer, seller) = (total(BUYER), total(SELLER));
		let licence = bought();
		let mut wrong = right_key(licence);
		wrong.ciphertext[0] ^= 8;
		deliver(licence, wrong);
		let complaint = secret().complain(context(licence), &wrong).unwrap();
		assert_ok!(Delivery::complain(
			signed(BUYER),
			licence,
			complaint.shared,
			complaint.challenge,
			complaint.response,
		));
		assert_eq!(total(BUYER), buyer + WGH);
		assert_eq!(total(SELLER), seller - WGH);
		assert!(!may_use(1));
		assert_eq!(Delivery::seller(SELLER.to_account_id()), None);
	});
}

#[test]
fn the_chain_gives_the_money_back_when_no_key_comes() {
	development(|| {
		let before = total(BUYER);
		next_block();
		let licence = bought();
		(0..=HOURS).for_each(|_| next_block());
		assert_eq!(Delivery::delivery(licence), None);
		assert_eq!(total(BUYER), before + WGH / 10);
		assert!(!may_use(1));
	});
}

#[test]
fn the_chain_pays_when_nobody_complained() {
	development(|| {
		next_block();
		let licence = bought();
		deliver(licence, right_key(licence));
		// The chain had no room meanwhile, and catches up.
		System::set_block_number(System::block_number() + DAYS);
		(0..10).for_each(|_| next_block());
		assert!(may_use(1));
		assert_eq!(Delivery::seller(SELLER.to_account_id()).unwrap().covers, 0);
	});
}

#[test]
fn a_sealed_version_is_bought_with_its_key_or_not_at_all() {
	development(|| {
		let listing = offered();
		assert_noop!(
			Licensing::buy(signed(BUYER), listing, 1),
			pallet_licensing::Error::<Runtime>::Sealed
		);
		let plain = crate::chain::register(SELLER, "plain", vec![]);
		offer(SELLER, plain, Term::Perpetual);
		assert_noop!(
			Delivery::buy(signed(BUYER), plain, 1, secret().key(), HOURS),
			pallet_licensing::Error::<Runtime>::NotSealed
		);
	});
}

#[test]
fn a_seller_takes_from_ten_minutes_to_seven_days_to_deliver() {
	development(|| {
		offered();
		let set = |blocks| Delivery::set_window(signed(SELLER), blocks);
		for blocks in [10 * MINUTES - 1, 7 * DAYS + 1] {
			let refused = pallet_delivery::Error::<Runtime>::WrongWindow;
			assert_noop!(set(blocks), refused);
		}
		for blocks in [10 * MINUTES, 7 * DAYS] {
			assert_ok!(set(blocks));
		}
	});
}
