//! Sealed models: how a file's key is sold so that a wrong one can be proved, and a right one never
//! disputed.
//!
//! A sealed file is an age file for one X25519 recipient `R`. Whoever has the identity `k` with
//! `R = X25519(clamp(k), 9)` opens it, with any age tool. The chain knows `R`, never `k`.
//!
//! ```text
//! buyer    b secret, B = b*H                          B goes with the payment
//! seller   e = HMAC(vault; context, B), E = e*H
//!          c = k xor HKDF(e*B; context, B, E, R)      E and c go to the chain
//! buyer    S = b*E = e*B, k' = c xor HKDF(S; ...)     right if X25519(clamp(k'), 9) = R
//!          else S with a proof that B = b*H and S = b*E for one b
//! chain    checks the proof, computes k' itself and compares with R
//! ```
//!
//! `H` is the generator of ristretto255 (RFC 9496). The context is the genesis hash, the licence and
//! the version, so that nothing that was made for one delivery means anything in another.
//!
//! - **A right key cannot be disputed.** The proof (Chaum and Pedersen, 1992) leaves one `S` for `B`
//!   and `E`, so the chain computes what the seller encrypted, and finds `R`. Every `k'` with this `R`
//!   opens the file, whatever bits clamping drops.
//! - **A wrong key always can.** Whoever made `B` knows `b`, `E` is a point and not the identity, and
//!   the proof needs nothing else.
//! - **A seller who asks again tells nothing new.** `e` follows from the vault, the context and `B`.
//! - A complaint shows `S` to all, and so the key that was delivered. Only complain of a wrong one.
//!
//! # Time
//!
//! What touches `b`, `e`, `k` or the vault takes the same time whatever they are: keys, sealing,
//! opening and proving use constant-time curve arithmetic, HMAC and exclusive or, and the secrets that
//! this module holds are wiped when dropped. What reads public data need not and does not: decoding of
//! points and recipients, and [`judge`]. The text form of an identity is read and written through
//! tables, on the machine of its owner and not in answer to anybody.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use curve25519_dalek::{RistrettoPoint, Scalar};
use hkdf::HkdfExtract;
use scale_info::TypeInfo;
use sha2::{Digest, Sha256, Sha512};
use sp_core::H256;
use zeroize::{Zeroize, Zeroizing};

use crate::{LicenceId, VersionNumber};

mod age;
mod bech32;
mod group;

pub use age::{Identity, IdentityError, Recipient, RecipientError};
pub use bech32::TextError;

const IDENTITY: &[u8] = b"weighhouse/identity/v1";
const PAD: &[u8] = b"weighhouse/seal/v1";
const SEAL_POINT: &[u8] = b"weighhouse/seal-point/v1";
const DELIVERY_KEY: &[u8] = b"weighhouse/delivery-key/v1";
const COMPLAINT: &[u8] = b"weighhouse/complaint/v1";
const COMPLAINT_NONCE: &[u8] = b"weighhouse/complaint-nonce/v1";

/// A point of ristretto255 as it is written down. There is one encoding of each.
pub type PointBytes = [u8; 32];

/// Why bytes are not taken for a point.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PointError {
	/// They are not the canonical encoding of a point.
	NotAPoint,
	/// They are the identity, under which nothing is secret.
	Identity,
}

impl core::fmt::Display for PointError {
	fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
		f.write_str(match self {
			Self::NotAPoint => "not the canonical encoding of a ristretto255 point",
			Self::Identity => "the identity of ristretto255, which hides nothing",
		})
	}
}

impl core::error::Error for PointError {}

/// Accepts the canonical encoding of a point other than the identity.
pub fn check_point(bytes: &PointBytes) -> Result<(), PointError> {
	group::decode(bytes).map(|_| ())
}

/// What a delivery is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Context {
	/// Hash of the first block of the chain.
	pub genesis: H256,
	/// The licence that was bought.
	pub licence: LicenceId,
	/// The version whose files the key opens.
	pub version: VersionNumber,
}

impl Context {
	fn to_bytes(self) -> [u8; 44] {
		let mut bytes = [0; 44];
		let source = self
			.genesis
			.0
			.into_iter()
			.chain(self.licence.to_le_bytes())
			.chain(self.version.to_le_bytes());
		for (to, from) in bytes.iter_mut().zip(source) {
			*to = from;
		}
		bytes
	}
}

/// What a seller puts on the chain: an identity that only one buyer can read.
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	Debug,
	Encode,
	Decode,
	DecodeWithMemTracking,
	TypeInfo,
	MaxEncodedLen,
)]
pub struct SealedKey {
	/// The seller's point `E`.
	pub point: PointBytes,
	/// The identity under the pad that both sides can compute.
	pub ciphertext: [u8; 32],
}

/// What a buyer shows to complain of a wrong key.
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	Debug,
	Encode,
	Decode,
	DecodeWithMemTracking,
	TypeInfo,
	MaxEncodedLen,
)]
pub struct Complaint {
	/// The point `S` that both sides share.
	pub shared: PointBytes,
	/// The challenge of the proof, a scalar in little-endian order.
	pub challenge: [u8; 32],
	/// The response to it, a scalar in little-endian order.
	pub response: [u8; 32],
}

/// What the chain finds about a delivered key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
	/// It is the identity of the recipient.
	RightKey,
	/// It is not.
	WrongKey,
}

/// Why a complaint is not looked into.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ComplaintError {
	/// The buyer's key is no point.
	Key(PointError),
	/// The seller's point is none.
	Point(PointError),
	/// The shared point is none.
	Shared(PointError),
	/// Challenge or response is not below the order of the group.
	ScalarTooLarge,
	/// The proof is not of this buyer's key, seller's point, shared point and delivery.
	ProofInvalid,
}

impl core::fmt::Display for ComplaintError {
	fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
		match self {
			Self::Key(error) => write!(f, "the buyer's key is {error}"),
			Self::Point(error) => write!(f, "the seller's point is {error}"),
			Self::Shared(error) => write!(f, "the shared point is {error}"),
			Self::ScalarTooLarge => {
				f.write_str("challenge or response is not below the order of ristretto255")
			}
			Self::ProofInvalid => f.write_str(
				"the proof is not of this delivery: chain, licence, version, key, point or shared point differ",
			),
		}
	}
}

impl core::error::Error for ComplaintError {}

/// Why a delivered key is of no use.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OpenError {
	/// The seller's point is none. The chain takes no such delivery.
	Point(PointError),
	/// The key is not the identity of the recipient: complain.
	WrongKey,
}

impl core::fmt::Display for OpenError {
	fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
		match self {
			Self::Point(error) => write!(f, "the seller's point is {error}"),
			Self::WrongKey => f.write_str(
				"the delivered key is not that of the files' recipient: complain before the window closes",
			),
		}
	}
}

impl core::error::Error for OpenError {}

/// A seller's secret from which all of its deliveries follow.
///
/// Whoever has it reads every key that was ever sealed with it, so it is kept like the identities
/// themselves. Thirty-two random bytes.
pub struct Vault(Zeroizing<[u8; 32]>);

impl Vault {
	/// The vault of these bytes.
	pub fn from_bytes(bytes: [u8; 32]) -> Self {
		Self(Zeroizing::new(bytes))
	}

	/// The identity for files with this artifact root, HMAC-SHA256 of both. The same every time, so that
	/// whoever keeps the vault needs to keep nothing else.
	pub fn identity(&self, artifact_root: [u8; 32]) -> Identity {
		Identity::from_bytes(*mac(self.0.as_slice(), &[IDENTITY, &artifact_root]))
	}

	/// Seals `identity` for the buyer whose delivery key is `key`. The same every time.
	pub fn seal(
		&self,
		context: Context,
		key: &PointBytes,
		identity: &Identity,
	) -> Result<SealedKey, PointError> {
		let buyer = group::decode(key)?;
		let secret = secret_scalar(&self.0, SEAL_POINT, &[&context.to_bytes(), key]);
		let point = group::encode(&group::times_generator(&secret));
		let shared = Zeroizing::new(group::encode(&group::times(&secret, &buyer)));
		let pad = pad(context, &shared, key, &point, &identity.recipient());
		Ok(SealedKey {
			point,
			ciphertext: xor(identity.bytes(), &pad),
		})
	}
}

impl core::fmt::Debug for Vault {
	fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
		f.write_str("Vault(..)")
	}
}

/// A buyer's secret for one delivery.
pub struct DeliverySecret(Zeroizing<Scalar>);

impl DeliverySecret {
	/// The secret that follows from a seed, which is what a buyer keeps. Thirty-two random bytes, used
	/// once: whoever has them reads the key.
	pub fn from_seed(seed: [u8; 32]) -> Self {
		Self(secret_scalar(&Zeroizing::new(seed), DELIVERY_KEY, &[]))
	}

	/// The delivery key, which goes with the payment.
	pub fn key(&self) -> PointBytes {
		group::encode(&group::times_generator(&self.0))
	}

	/// Reads the identity that a seller sealed for this key, if it is the one of `recipient`.
	pub fn open(
		&self,
		context: Context,
		recipient: &Recipient,
		sealed: &SealedKey,
	) -> Result<Identity, OpenError> {
		let point = group::decode(&sealed.point).map_err(OpenError::Point)?;
		let shared = Zeroizing::new(group::encode(&group::times(&self.0, &point)));
		let identity = unseal(context, &shared, &self.key(), recipient, sealed);
		if identity.recipient() == *recipient {
			Ok(identity)
		} else {
			Err(OpenError::WrongKey)
		}
	}

	/// What to show to the chain so that it can read the delivered key itself. From then on anybody
	/// can: only complain of a key that does not open.
	pub fn complain(&self, context: Context, sealed: &SealedKey) -> Result<Complaint, PointError> {
		let point = group::decode(&sealed.point)?;
		let shared = group::encode(&group::times(&self.0, &point));
		let statement = Statement {
			context,
			key: self.key(),
			point: sealed.point,
			shared,
		};
		let own = Zeroizing::new(self.0.to_bytes());
		let nonce = secret_scalar(&own, COMPLAINT_NONCE, &[&statement.bytes()]);
		let challenge = statement.challenge(
			&group::times_generator(&nonce),
			&group::times(&nonce, &point),
		);
		Ok(Complaint {
			shared,
			challenge: challenge.to_bytes(),
			response: group::respond(&nonce, &challenge, &self.0).to_bytes(),
		})
	}
}

impl core::fmt::Debug for DeliverySecret {
	fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
		f.write_str("DeliverySecret(..)")
	}
}

/// Looks into a complaint of the buyer with the delivery key `key`: whether what the seller sealed is
/// the identity of `recipient`. Fails if the complaint proves nothing.
pub fn judge(
	context: Context,
	key: &PointBytes,
	recipient: &Recipient,
	sealed: &SealedKey,
	complaint: &Complaint,
) -> Result<Verdict, ComplaintError> {
	let buyer = group::decode(key).map_err(ComplaintError::Key)?;
	let point = group::decode(&sealed.point).map_err(ComplaintError::Point)?;
	let shared = group::decode(&complaint.shared).map_err(ComplaintError::Shared)?;
	let challenge = group::scalar(&complaint.challenge).ok_or(ComplaintError::ScalarTooLarge)?;
	let response = group::scalar(&complaint.response).ok_or(ComplaintError::ScalarTooLarge)?;
	let statement = Statement {
		context,
		key: *key,
		point: sealed.point,
		shared: complaint.shared,
	};
	let expected = statement.challenge(
		&group::commitment_on_generator(&response, &challenge, &buyer),
		&group::commitment_on_point(&response, &challenge, &point, &shared),
	);
	if expected != challenge {
		return Err(ComplaintError::ProofInvalid);
	}
	let identity = unseal(context, &complaint.shared, key, recipient, sealed);
	Ok(if identity.recipient() == *recipient {
		Verdict::RightKey
	} else {
		Verdict::WrongKey
	})
}

/// What a proof says: one secret leads from the generator to `key` and from `point` to `shared`.
struct Statement {
	context: Context,
	key: PointBytes,
	point: PointBytes,
	shared: PointBytes,
}

impl Statement {
	/// Everything that the proof is bound to, in the order in which it is hashed.
	fn bytes(&self) -> [u8; 140] {
		let mut bytes = [0; 140];
		let source = self
			.context
			.to_bytes()
			.into_iter()
			.chain(self.key)
			.chain(self.point)
			.chain(self.shared);
		for (to, from) in bytes.iter_mut().zip(source) {
			*to = from;
		}
		bytes
	}

	/// The challenge for these commitments, SHA-512 reduced.
	fn challenge(&self, on_generator: &RistrettoPoint, on_point: &RistrettoPoint) -> Scalar {
		let digest = Sha512::new()
			.chain_update(COMPLAINT)
			.chain_update(self.bytes())
			.chain_update(group::encode(on_generator))
			.chain_update(group::encode(on_point))
			.finalize();
		reduce(&digest)
	}
}

/// The identity that `sealed` holds for whoever knows the shared point.
fn unseal(
	context: Context,
	shared: &PointBytes,
	key: &PointBytes,
	recipient: &Recipient,
	sealed: &SealedKey,
) -> Identity {
	let pad = pad(context, shared, key, &sealed.point, recipient);
	Identity::from_bytes(xor(&sealed.ciphertext, &pad))
}

/// HKDF-SHA256 (RFC 5869) of one block, salted with the domain. Extracting is HMAC, and so is
/// expanding to no more than one block.
fn pad(
	context: Context,
	shared: &PointBytes,
	key: &PointBytes,
	point: &PointBytes,
	recipient: &Recipient,
) -> Zeroizing<[u8; 32]> {
	let secret = mac(PAD, &[shared]);
	mac(
		secret.as_slice(),
		&[&context.to_bytes(), key, point, recipient.as_bytes(), &[1]],
	)
}

/// HMAC-SHA256.
fn mac(secret: &[u8], parts: &[&[u8]]) -> Zeroizing<[u8; 32]> {
	let mut mac = HkdfExtract::<Sha256>::new(Some(secret));
	for part in parts {
		mac.input_ikm(part);
	}
	let (output, _) = mac.finalize();
	Zeroizing::new(output.into())
}

/// HMAC-SHA512, reduced: uniform for whoever does not know `secret`.
fn secret_scalar(secret: &[u8; 32], domain: &[u8], parts: &[&[u8]]) -> Zeroizing<Scalar> {
	let mut mac = HkdfExtract::<Sha512>::new(Some(secret.as_slice()));
	mac.input_ikm(domain);
	for part in parts {
		mac.input_ikm(part);
	}
	let (mut output, _) = mac.finalize();
	let scalar = Zeroizing::new(reduce(&output));
	output.as_mut_slice().zeroize();
	scalar
}

/// The scalar of a digest of 64 bytes, in little-endian order.
fn reduce(digest: &[u8]) -> Scalar {
	let mut wide = Zeroizing::new([0u8; 64]);
	for (to, from) in wide.iter_mut().zip(digest) {
		*to = *from;
	}
	Scalar::from_bytes_mod_order_wide(&wide)
}

fn xor(a: &[u8; 32], b: &[u8; 32]) -> [u8; 32] {
	let mut both = *a;
	for (to, from) in both.iter_mut().zip(b) {
		*to ^= *from;
	}
	both
}

#[cfg(test)]
mod tests;
