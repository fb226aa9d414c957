//! Arithmetic of ristretto255, where nothing overflows.

#![allow(clippy::arithmetic_side_effects)]

use curve25519_dalek::{
	ristretto::CompressedRistretto,
	traits::{IsIdentity, VartimeMultiscalarMul},
	RistrettoPoint, Scalar,
};

use super::{PointBytes, PointError};

pub(super) fn decode(bytes: &PointBytes) -> Result<RistrettoPoint, PointError> {
	let point = CompressedRistretto(*bytes)
		.decompress()
		.ok_or(PointError::NotAPoint)?;
	if point.is_identity() {
		return Err(PointError::Identity);
	}
	Ok(point)
}

pub(super) fn encode(point: &RistrettoPoint) -> PointBytes {
	point.compress().to_bytes()
}

/// The scalar of these bytes, if it is below the order of the group.
pub(super) fn scalar(bytes: &[u8; 32]) -> Option<Scalar> {
	Scalar::from_canonical_bytes(*bytes).into()
}

/// In constant time.
pub(super) fn times_generator(secret: &Scalar) -> RistrettoPoint {
	RistrettoPoint::mul_base(secret)
}

/// In constant time.
pub(super) fn times(secret: &Scalar, point: &RistrettoPoint) -> RistrettoPoint {
	secret * point
}

/// The response of a prover, in constant time.
pub(super) fn respond(nonce: &Scalar, challenge: &Scalar, secret: &Scalar) -> Scalar {
	challenge * secret + nonce
}

/// What the prover committed to on the generator, if the response is right.
pub(super) fn commitment_on_generator(
	response: &Scalar,
	challenge: &Scalar,
	key: &RistrettoPoint,
) -> RistrettoPoint {
	RistrettoPoint::vartime_double_scalar_mul_basepoint(&-challenge, key, response)
}

/// What the prover committed to on the seller's point, if the response is right.
pub(super) fn commitment_on_point(
	response: &Scalar,
	challenge: &Scalar,
	point: &RistrettoPoint,
	shared: &RistrettoPoint,
) -> RistrettoPoint {
	RistrettoPoint::vartime_multiscalar_mul([*response, -challenge], [*point, *shared])
}
