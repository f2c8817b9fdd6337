//! Bodies of requests: no more of them is taken than is wanted, and for no longer.

use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use futures::{Stream, StreamExt, TryStreamExt};

use crate::error::{Code, Refusal};

/// Why no more of a body comes.
#[derive(Debug, thiserror::Error)]
pub enum Interruption {
	/// The connection broke, or what came is no body.
	#[error("{0}")]
	BrokenOff(String),
	/// Nothing came for too long.
	#[error("nothing came for too long")]
	StoodStill,
}

/// The body's bytes; an error if none come for a while.
pub(crate) fn timely(
	body: Body,
	patience: Duration,
) -> impl Stream<Item = Result<Bytes, Interruption>> + Unpin + Send {
	let bytes = tokio_stream::StreamExt::timeout(body.into_data_stream(), patience);
	Box::pin(bytes.map(|item| match item {
		Ok(Ok(bytes)) => Ok(bytes),
		Ok(Err(error)) => Err(Interruption::BrokenOff(error.to_string())),
		Err(_) => Err(Interruption::StoodStill),
	}))
}

/// All of a body that is at most `limit` bytes long and here after `patience`.
pub(crate) async fn read(body: Body, limit: usize, patience: Duration) -> Result<Vec<u8>, Refusal> {
	let reading = async {
		let mut bytes = body.into_data_stream();
		let mut read = Vec::new();
		let broken = |_| Refusal::malformed("The body broke off, or its framing is wrong.");
		while let Some(more) = bytes.try_next().await.map_err(broken)? {
			if read.len() + more.len() > limit {
				return Err(Code::TooLarge.into());
			}
			read.extend_from_slice(&more);
		}
		Ok(read)
	};
	tokio::time::timeout(patience, reading).await.map_err(|_| Code::TooSlow)?
}

#[cfg(test)]
mod tests {
	use super::*;

	const PATIENCE: Duration = Duration::from_millis(50);

	fn in_pieces(pieces: &[&'static str]) -> Body {
		Body::from_stream(futures::stream::iter(
			pieces.iter().map(|piece| Ok::<_, std::io::Error>(*piece)).collect::<Vec<_>>(),
		))
	}

	async fn code(body: Body) -> Code {
		read(body, 4, PATIENCE).await.unwrap_err().code
	}

	#[tokio::test]
	async fn a_body_of_exactly_the_limit_is_taken_and_one_byte_more_is_not() {
		assert_eq!(read(in_pieces(&["ab", "cd"]), 4, PATIENCE).await.unwrap(), b"abcd");
		assert_eq!(code(in_pieces(&["ab", "cde"])).await, Code::TooLarge);
	}

	#[tokio::test]
	async fn a_body_that_breaks_off_is_not_called_too_large() {
		let broken = futures::stream::iter([Ok("ab"), Err(std::io::Error::other("broken"))]);
		assert_eq!(code(Body::from_stream(broken)).await, Code::MalformedRequest);
	}

	#[tokio::test]
	async fn a_body_that_never_ends_is_given_up() {
		let pieces = futures::stream::unfold((), |()| async {
			tokio::time::sleep(PATIENCE / 10).await;
			Some((Ok::<_, std::io::Error>(""), ()))
		});
		assert_eq!(code(Body::from_stream(pieces)).await, Code::TooSlow);
	}
}
