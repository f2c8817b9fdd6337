//! One question for many askers, where only an answer counts that was asked for after they came.

use crate::ChainError;
use std::{
	future::Future,
	sync::{
		atomic::{AtomicU64, Ordering},
		Arc,
	},
};
use tokio::sync::Mutex;
use ward_primitives::Digest;

/// The latest answer to a question whose answer changes, such as which block is final. Whoever asks
/// while others wait gets the answer to a question that was sent after its own arrival, and shares it
/// with all that came before it was sent: so no answer is older than the question, and a crowd costs
/// as much as two askers.
#[derive(Default)]
struct Latest {
	/// How many questions have been sent.
	sent: AtomicU64,
	/// The number of the question that was answered last, and the answer. Held while one is under way.
	answered: Mutex<(u64, Digest)>,
}

/// The two heads of a node, which many ask for at once.
///
/// They are asked for one after the other: the node's RPC server sends without `TCP_NODELAY`, so the second
/// of two answers would wait for the acknowledgement of the first, 40 ms and more.
#[derive(Clone, Default)]
pub(crate) struct Heads(Arc<Both>);

#[derive(Default)]
struct Both {
	finalized: Latest,
	best: Latest,
	/// Held while either is asked for.
	line: Mutex<()>,
}

impl Heads {
	/// The finalized head, by this question.
	pub(crate) async fn finalized(
		&self,
		question: impl Future<Output = Result<Digest, ChainError>>,
	) -> Result<Digest, ChainError> {
		self.0.finalized.ask(self.0.in_line(question)).await
	}

	/// The best head, by this question.
	pub(crate) async fn best(
		&self,
		question: impl Future<Output = Result<Digest, ChainError>>,
	) -> Result<Digest, ChainError> {
		self.0.best.ask(self.0.in_line(question)).await
	}
}

impl Both {
	async fn in_line<T>(&self, question: impl Future<Output = T>) -> T {
		let _line = self.line.lock().await;
		question.await
	}
}

impl Latest {
	/// The answer to a question that is sent after this was called.
	async fn ask(
		&self,
		question: impl Future<Output = Result<Digest, ChainError>>,
	) -> Result<Digest, ChainError> {
		let sent_before = self.sent.load(Ordering::SeqCst);
		let mut answered = self.answered.lock().await;
		let (number, answer) = *answered;
		if number > sent_before {
			return Ok(answer);
		}
		let number = self.sent.fetch_add(1, Ordering::SeqCst) + 1;
		let answer = question.await?;
		*answered = (number, answer);
		Ok(answer)
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use futures::{future::join_all, poll};
	use std::pin::pin;
	use tokio::sync::oneshot;

	/// A node whose head is as high as it was often asked.
	#[derive(Default)]
	struct Node(AtomicU64);

	impl Node {
		async fn head(&self) -> Result<Digest, ChainError> {
			let asked = self.0.fetch_add(1, Ordering::SeqCst) + 1;
			tokio::task::yield_now().await;
			Ok([asked as u8; 32])
		}
	}

	#[tokio::test]
	async fn a_crowd_shares_one_question_that_was_sent_after_it_came() {
		let (latest, node) = (Latest::default(), Node::default());
		let (answer, answered) = oneshot::channel();
		let mut first = pin!(latest.ask(async {
			answered.await.unwrap();
			node.head().await
		}));
		assert!(poll!(&mut first).is_pending(), "it is under way");
		let mut crowd: Vec<_> = (0..20).map(|_| Box::pin(latest.ask(node.head()))).collect();
		for asker in &mut crowd {
			assert!(poll!(asker).is_pending());
		}
		answer.send(()).unwrap();
		let (first, crowd) = tokio::join!(first, join_all(crowd));
		assert_eq!(first.unwrap(), [1; 32]);
		for answer in crowd {
			assert_eq!(answer.unwrap(), [2; 32], "not the question that was under way already");
		}
		assert_eq!(latest.ask(node.head()).await.unwrap(), [3; 32], "asked anew");
	}

	#[tokio::test]
	async fn an_error_and_an_asker_that_gives_up_hold_nobody_up() {
		let (latest, node) = (Latest::default(), Node::default());
		let lost = || ChainError::Unreachable { url: "ws://none".into(), reason: "lost".into() };
		let mut stuck = Box::pin(latest.ask(std::future::pending()));
		let mut failing = Box::pin(latest.ask(async { Err(lost()) }));
		let mut asker = Box::pin(latest.ask(node.head()));
		assert!(poll!(&mut stuck).is_pending());
		assert!(poll!(&mut failing).is_pending());
		assert!(poll!(&mut asker).is_pending());
		drop(stuck);
		assert!(matches!(failing.await, Err(ChainError::Unreachable { .. })));
		assert_eq!(asker.await.unwrap(), [1; 32]);
	}
}
