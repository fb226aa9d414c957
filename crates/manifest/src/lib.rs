//! What a listing says about its files.
//!
//! A model folder with a Hugging Face README becomes a [`Manifest`]: the card's fields as they are,
//! every file with size and sha2-256, the [artifact root](weighhouse_primitives::artifact), how to
//! ask the model and how its answers are compared. A manifest is canonical JSON of at most 256 KiB,
//! so it is one raw block and its content id is its sha2-256.
//!
//! [`Builder`] makes one from a folder, [`Manifest::parse`] reads one from bytes that nobody
//! vouches for, and [`verify_folder`] holds it against files.
//!
//! [`check_request`] holds a request against a manifest, [`canonical`] turns a model's outputs into
//! the bytes that are hashed, and [`simhash256`] makes the fingerprint of the evidence.

mod answers;
mod builder;
mod card;
mod check;
mod clock;
mod digest;
mod error;
mod files;
mod fingerprint;
mod json;
mod licence;
mod lineage;
mod manifest;
mod market;
mod outputs;
mod request;
mod schema;
mod settings;
mod tensors;
mod verify;

pub use answers::{
	Attestation, Datatype, Engine, Fingerprint, FingerprintAlgorithm, Interface, Tensor,
};
pub use builder::{BuildOptions, Builder};
pub use card::{read_card, Card};
pub use clock::timestamp;
pub use digest::{hash_file, Progress, Sha256Digest};
pub use error::{BuildError, CardError, ManifestError, SchemaFault, VerifyError};
pub use files::{Role, SourceFile};
pub use fingerprint::{simhash256, FingerprintError};
pub use licence::{Derivatives, Licence, PolicyName};
pub use lineage::LineageEntry;
pub use manifest::{Artifact, Evaluation, Manifest, Publisher, Safety, Sealed};
pub use outputs::{
	canonical, conform, decode_canonical, DecodeError, OutputError, MAX_CANONICAL_OUTPUT,
};
pub use request::{check_request, read_response, OipRequest, RequestError, ResponseError};
pub use schema::{schema, schema_text};
pub use settings::{LicenceSettings, Settings};
pub use tensors::{TensorData, TensorError, Values, MAX_RANK};
pub use verify::{verify_file, verify_folder};
