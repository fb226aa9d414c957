//! Prompts and answers of many items, each fetched once.

use std::{
	collections::{btree_set, BTreeSet},
	panic::resume_unwind,
};

use tokio::task::JoinSet;
use weighhouse_client::{
	feedback::Item,
	ipfs::{Ipfs, IpfsError},
};

use super::{content, content_text};
use crate::failure::Failure;

/// How many are asked for at the same time: each one that is gone is waited for.
const AT_ONCE: usize = 32;

/// Contents that are on their way.
pub struct Contents {
	ipfs: Ipfs,
	waiting: btree_set::IntoIter<String>,
	coming: JoinSet<(String, Result<String, Failure>)>,
}

impl Contents {
	/// What these items consist of.
	pub fn of<'a>(ipfs: &Ipfs, items: impl IntoIterator<Item = &'a Item>) -> Self {
		let cids: BTreeSet<String> = items
			.into_iter()
			.flat_map(|item| [&item.prompt, &item.a, &item.b])
			.cloned()
			.collect();
		Self {
			ipfs: ipfs.clone(),
			waiting: cids.into_iter(),
			coming: JoinSet::new(),
		}
	}

	/// How many are not there yet.
	pub fn left(&self) -> usize {
		self.waiting.len().saturating_add(self.coming.len())
	}

	/// Waits for the next content id and the text behind it, in no order; none after the last one.
	pub async fn fetched(&mut self) -> Option<(String, Result<String, Failure>)> {
		while self.coming.len() < AT_ONCE {
			let Some(cid) = self.waiting.next() else {
				break;
			};
			let ipfs = self.ipfs.clone();
			self.coming.spawn(async move {
				let bytes = content(&ipfs, &cid).await;
				(cid, bytes.map(|bytes| content_text(&bytes)))
			});
		}
		let fetched = self.coming.join_next().await?;
		Some(fetched.unwrap_or_else(|error| resume_unwind(error.into_panic())))
	}
}

/// Whether a content cannot be had for a reason of its own, and not because nobody could be asked.
pub fn is_missing(failure: &Failure) -> bool {
	!matches!(
		failure,
		Failure::Chain(_)
			| Failure::Ipfs(IpfsError::Unreachable { .. } | IpfsError::BadAddress { .. })
	)
}

#[cfg(test)]
mod tests {
	use std::{
		collections::HashMap,
		sync::{
			atomic::{AtomicUsize, Ordering},
			Arc,
		},
	};

	use axum::{
		http::{StatusCode, Uri},
		routing::post,
		Router,
	};
	use weighhouse_primitives::ContentId;

	use super::*;

	fn cid(text: &str) -> String {
		ContentId::of_raw_block(text.as_bytes()).to_text()
	}

	fn item(number: u32, prompt: &str, a: &str, b: &str) -> Item {
		Item {
			item: number,
			prompt: cid(prompt),
			a: cid(a),
			b: cid(b),
		}
	}

	/// An IPFS node that has these texts, with a count of what it was asked for.
	async fn node(texts: &[&str]) -> (Ipfs, Arc<AtomicUsize>) {
		let known: HashMap<String, String> = texts
			.iter()
			.map(|text| (cid(text), (*text).to_owned()))
			.collect();
		let asked = Arc::new(AtomicUsize::new(0));
		let count = asked.clone();
		let answer = move |uri: Uri| {
			count.fetch_add(1, Ordering::Relaxed);
			let cid = uri.query().and_then(|query| query.strip_prefix("arg="));
			let found = cid.and_then(|cid| known.get(cid)).cloned();
			async move { found.ok_or(StatusCode::NOT_FOUND) }
		};
		let routes = Router::new().route("/api/v0/block/get", post(answer));
		let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
		let address = format!("http://{}", listener.local_addr().unwrap());
		tokio::spawn(async move { axum::serve(listener, routes).await });
		(Ipfs::new(&address).unwrap(), asked)
	}

	#[tokio::test]
	async fn contents_are_fetched_once_and_what_is_missing_is_told() {
		let (ipfs, asked) = node(&["p", "x", "y"]).await;
		let items = [item(0, "p", "x", "y"), item(1, "p", "y", "gone")];
		let mut contents = Contents::of(&ipfs, &items);
		assert_eq!(contents.left(), 4);
		let mut found = HashMap::new();
		while let Some((cid, text)) = contents.fetched().await {
			found.insert(cid, text);
		}
		assert_eq!((contents.left(), found.len()), (0, 4));
		assert_eq!(asked.load(Ordering::Relaxed), 4);
		for text in ["p", "x", "y"] {
			assert_eq!(found[&cid(text)].as_deref().unwrap(), text);
		}
		let failure = found.remove(&cid("gone")).unwrap().unwrap_err();
		assert!(is_missing(&failure), "{failure}");
	}

	#[tokio::test]
	async fn content_is_not_called_missing_when_nobody_could_be_asked() {
		let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
		let address = format!("http://{}", listener.local_addr().unwrap());
		drop(listener);
		let mut contents = Contents::of(&Ipfs::new(&address).unwrap(), &[item(0, "p", "x", "y")]);
		let (_, text) = contents.fetched().await.unwrap();
		let failure = text.unwrap_err();
		assert!(!is_missing(&failure), "{failure}");
	}
}
