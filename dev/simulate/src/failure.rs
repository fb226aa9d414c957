//! Why the program cannot go on.

use sp_runtime::DispatchError;

/// A sentence about it.
#[derive(Debug)]
pub struct Failure(pub String);

impl From<DispatchError> for Failure {
	fn from(refused: DispatchError) -> Self {
		Self(format!("the chain refused a call: {refused:?}"))
	}
}

impl From<&str> for Failure {
	fn from(why: &str) -> Self {
		Self(why.into())
	}
}

impl From<String> for Failure {
	fn from(why: String) -> Self {
		Self(why)
	}
}
