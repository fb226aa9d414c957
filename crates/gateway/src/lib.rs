//! The library behind `weighhouse work`: takes jobs from nodes, fetches models and inputs, runs
//! engines, and keeps every answer.
//!
//! A node's off-chain worker is a courier: it PUTs an [`Assignment`] to the [`api`] and comes back
//! until it is handed a [`Completion`], which holds the commitment to the answer and what opens it.
//! [`Gateway::start`] opens the [`store`], puts what an earlier run left undone back into the queue
//! and listens on loopback. For each job the [`runner`] has the [`content`] fetched and checked,
//! the [`engine`] run, the outputs made canonical and fingerprinted ([`attest`]), and the answer
//! hidden by a [`salt`] that can be derived again.
//!
//! # Which error goes where
//!
//! | error | arises in | is seen by |
//! |---|---|---|
//! | [`ConfigError`] | [`config`](crate::config) | the operator at the start, with the key and what would be right |
//! | [`StartError`] | [`server`] | the operator at the start; wraps the ones below that happen then |
//! | [`IdentitiesError`] | [`identities`] | the operator at the start, with the file |
//! | [`StoreError`], [`SecretError`] | [`store`], [`salt`] | the operator: the log, status 500, and `/health/ready` |
//! | [`ContentError`] | [`content`] | the runner, which asks [`ContentError::is_transient`] |
//! | [`EngineError`] | [`engine`] | the runner: an answer, another attempt, or a failed job |
//! | [`ApiError`] | [`api`] | who called: a status and one sentence as JSON |
//!
//! A job that cannot be answered ends as failed with a reason; nothing is ever answered instead.
//!
//! [`Assignment`]: weighhouse_primitives::inference::Assignment
//! [`Completion`]: weighhouse_primitives::inference::Completion

pub mod api;
pub mod attest;
pub mod config;
pub mod content;
pub mod engine;
mod error;
pub mod identities;
mod metrics;
mod proof;
pub mod runner;
pub mod salt;
pub mod server;
pub mod store;

pub use crate::{
	config::Config,
	engine::EngineError,
	error::{
		ApiError, ConfigError, ContentError, IdentitiesError, SecretError, StartError, StoreError,
	},
	identities::Identities,
	server::Gateway,
};
