use super::*;
use crate::{
	testing::{DispatchError, Event as FakeEvent, FakeNode, Pool, RecordsEvent, SystemEvent},
	SyncStatus,
};
use serde_json::json;
use ward_crypto::request::RequestKey;
use ward_primitives::NewRecord;

fn call() -> Call {
	Call::anchor(&NewRecord {
		patient: ParticipantId(3),
		on_behalf_of: None,
		commitment: [4; 32],
		attributes: [5; 32],
		content_root: [6; 32],
		size: 7,
		deposits: Default::default(),
	})
}

fn key() -> RequestKey {
	RequestKey::from_seed([8; 32])
}

fn anchored(record: u8) -> FakeEvent {
	let (patient, record) = (ParticipantId(3), RecordId([record; 32]));
	FakeEvent::Records(RecordsEvent::Anchored { patient, record })
}

fn failed() -> FakeEvent {
	let dispatch_error = DispatchError::Module { index: 7, error: [2, 0, 0, 0] };
	FakeEvent::System(SystemEvent::ExtrinsicFailed { dispatch_error, dispatch_info: (0, 0) })
}

/// Submits, and once the node has the transaction includes it in block 4 as the second one, with
/// these events, and finalizes blocks up to `finalize`.
async fn submit_and_include(
	node: &FakeNode,
	events: Vec<(u32, FakeEvent)>,
	finalize: u64,
) -> (Result<Finalized, ChainError>, Vec<Progress>) {
	let chain = node.chain().await;
	let mut progress = vec![];
	let include = async {
		while node.world().submitted.is_empty() {
			tokio::task::yield_now().await;
		}
		let mut world = node.world();
		let transaction = world.submitted[0].clone();
		world.add_block(vec![vec![1, 2, 3], transaction], &events);
		world.finalize(finalize);
	};
	let key = key();
	let submit = chain.submit_with_progress(&key, call(), |step| progress.push(step));
	let (outcome, ()) = futures::join!(submit, include);
	(outcome, progress)
}

fn block_4(node: &FakeNode) -> Digest {
	node.world().hash(4)
}

#[tokio::test]
async fn a_finalized_call_yields_its_own_events_only() {
	let node = FakeNode::new(3);
	let block = hex(&block_4(&node));
	node.world().pool = vec![Pool::Accept(vec![
		json!("ready"),
		json!({"broadcast": ["peer"]}),
		json!({"inBlock": hex(&[7; 32])}),
		json!({"retracted": hex(&[7; 32])}),
		json!({"inBlock": &block}),
		json!({"finalized": &block}),
	])];
	// The node reports finality before the test includes the transaction: give it the block first.
	let chain = node.chain().await;
	let signed = sign_ahead(&chain).await;
	let hash = blake2_256(&signed);
	node.world().add_block(vec![vec![1], signed], &[(0, anchored(1)), (1, anchored(2))]);
	let mut progress = vec![];
	let key = key();
	let outcome = chain.submit_with_progress(&key, call(), |step| progress.push(step)).await;
	let finalized = outcome.unwrap();
	assert_eq!(finalized.anchored(), [RecordId([2; 32])]);
	assert_eq!((finalized.block, finalized.number), (block_4(&node), 4));
	assert_eq!(finalized.transaction, hash);
	let block = block_4(&node);
	assert_eq!(
		progress,
		[
			Progress::Signed(hash),
			Progress::Accepted,
			Progress::InBlock([7; 32]),
			Progress::Retracted,
			Progress::InBlock(block),
			Progress::Finalized(block),
		]
	);
}

/// The transaction that the next submission will sign: signing is deterministic.
async fn sign_ahead(chain: &Chain) -> Vec<u8> {
	let nonce = chain.next_nonce(key().account()).await.unwrap();
	let signed = chain.signing().await.unwrap().sign(&key(), nonce, call()).unwrap();
	assert_eq!(signed.hash, blake2_256(&signed.bytes));
	signed.bytes
}

#[tokio::test]
async fn a_call_that_fails_in_its_block_is_an_error_with_its_documentation() {
	let node = FakeNode::new(3);
	node.world().pool = vec![Pool::Accept(vec![json!("dropped")])];
	let (outcome, _) = submit_and_include(&node, vec![(0, anchored(1)), (1, failed())], 4).await;
	match outcome {
		Err(ChainError::Failed { name, explanation }) => {
			assert_eq!(name, "Records::AlreadyExists");
			assert!(explanation.contains("anchored already"), "{explanation}");
		},
		other => panic!("{other:?}"),
	}
}

#[tokio::test]
async fn a_lost_watch_is_made_up_for_by_a_search_of_the_finalized_blocks() {
	let node = FakeNode::new(3);
	node.world().pool = vec![Pool::Accept(vec![json!("ready")])];
	let (outcome, progress) = submit_and_include(&node, vec![(1, anchored(2))], 6).await;
	assert_eq!(outcome.unwrap().anchored(), [RecordId([2; 32])]);
	assert_eq!(progress[1..3], [Progress::Accepted, Progress::Searching]);
}

/// A node whose newest block is so many after the last final one, number 3.
fn stalled_node(blocks: u64) -> FakeNode {
	let node = FakeNode::new(3);
	for _ in 0..blocks {
		node.world().add_block(vec![], &[]);
	}
	node
}

/// Submits what may be done without finality, and includes it in the next block without finalizing.
async fn submit_without_finality(
	node: &FakeNode,
	events: Vec<(u32, FakeEvent)>,
) -> Result<Finalized, ChainError> {
	node.world().pool = vec![Pool::Accept(vec![json!("ready")])];
	let chain = node.chain().await;
	let include = async {
		while node.world().submitted.is_empty() {
			tokio::task::yield_now().await;
		}
		let mut world = node.world();
		let transaction = world.submitted[0].clone();
		world.add_block(vec![vec![1, 2, 3], transaction], &events);
	};
	let key = key();
	let submit = chain.submit_though_stalled(&key, call(), |_| {});
	let (outcome, ()) = futures::join!(submit, include);
	outcome
}

#[tokio::test]
async fn while_finality_stands_still_a_call_is_done_in_a_block_of_the_longest_chain() {
	let node = stalled_node(100);
	let head = node.chain().await.head().await.unwrap();
	assert_eq!((head.state.number, head.finalized, head.is_final()), (103, 3, false));
	let included = submit_without_finality(&node, vec![(1, anchored(2))]).await.unwrap();
	assert_eq!(included.anchored(), [RecordId([2; 32])]);
	assert_eq!((included.number, included.is_final), (104, false));

	let node = stalled_node(100);
	let failure = submit_without_finality(&node, vec![(1, failed())]).await.unwrap_err();
	assert!(matches!(failure, ChainError::Failed { .. }), "{failure}");
}

#[tokio::test]
async fn a_refusal_of_what_is_bound_to_a_block_too_old_says_that_finality_stands_still() {
	let refused = |blocks| async move {
		let node = stalled_node(blocks);
		node.world().pool = vec![Pool::Refuse(1010, Some("Transaction has a bad signature"))];
		let chain = node.chain().await;
		let error = chain.submit(&key(), call()).await.unwrap_err();
		assert!(node.world().pool.is_empty());
		error
	};
	let stalled = refused(64).await;
	assert!(matches!(stalled, ChainError::Stalled { finalized: 3, best: 67 }), "{stalled}");
	let other = refused(63).await;
	assert!(matches!(other, ChainError::Refused { refusal: None, .. }), "{other}");
}

#[tokio::test]
async fn while_blocks_become_final_what_may_be_done_without_waits_all_the_same() {
	let node = stalled_node(7);
	let chain = node.chain().await;
	assert!(chain.head().await.unwrap().is_final());
	let block = hex(&node.world().hash(11));
	let statuses = vec![json!({"inBlock": &block}), json!({"finalized": &block})];
	node.world().pool = vec![Pool::Accept(statuses)];
	let signed = sign_ahead(&chain).await;
	node.world().add_block(vec![signed], &[(0, anchored(2))]);
	let mut steps = vec![];
	let key = key();
	let outcome = chain.submit_though_stalled(&key, call(), |step| steps.push(step)).await;
	assert!(outcome.unwrap().is_final);
	assert!(matches!(steps.last(), Some(Progress::Finalized(_))), "{steps:?}");
}

#[tokio::test]
async fn a_node_that_has_forgotten_its_pool_gets_the_same_bytes_again() {
	let node = FakeNode::new(3);
	node.world().pool = vec![Pool::Accept(vec![json!("ready")])];
	let chain = node.chain().await;
	let include = async {
		while node.world().resubmitted.is_empty() {
			tokio::task::yield_now().await;
		}
		let mut world = node.world();
		let transaction = world.submitted[0].clone();
		assert_eq!(world.resubmitted[0], hex(&transaction));
		world.add_block(vec![transaction], &[(0, anchored(2))]);
		world.finalize(4);
	};
	let key = key();
	let (outcome, ()) = futures::join!(chain.submit(&key, call()), include);
	assert_eq!(outcome.unwrap().number, 4);
}

#[tokio::test]
async fn a_connection_lost_while_submitting_sends_the_same_bytes_again() {
	let node = FakeNode::new(3);
	node.world().pool = vec![Pool::Lose, Pool::Refuse(ALREADY_IMPORTED, None)];
	let (outcome, _) = submit_and_include(&node, vec![(1, anchored(2))], 4).await;
	assert_eq!(outcome.unwrap().number, 4);
	let world = node.world();
	assert_eq!(world.submitted.len(), 2);
	assert_eq!(world.submitted[0], world.submitted[1]);
}

#[tokio::test]
async fn a_transaction_that_can_no_longer_be_included_is_reported_as_such() {
	let node = FakeNode::new(3);
	node.world().pool = vec![Pool::Accept(vec![json!("ready")])];
	node.world().finalize(3);
	let chain = node.chain().await;
	let expire = async {
		while node.world().submitted.is_empty() {
			tokio::task::yield_now().await;
		}
		node.world().finalize(3 + VALID_FOR_BLOCKS + 1);
	};
	let key = key();
	let (outcome, ()) = futures::join!(chain.submit(&key, call()), expire);
	assert!(matches!(outcome, Err(ChainError::NotIncluded { .. })), "{outcome:?}");
}

#[tokio::test]
async fn a_refusal_of_the_pool_is_explained() {
	let refusal = |code, data| async move {
		let node = FakeNode::new(3);
		node.world().pool = vec![Pool::Refuse(code, data)];
		match node.chain().await.submit(&key(), call()).await {
			Err(ChainError::Refused { refusal, reason }) => (refusal, reason),
			other => panic!("{other:?}"),
		}
	};
	for expected in Refusal::ALL {
		let data: &'static str = format!("Custom error: {}", expected.code()).leak();
		let (refusal, reason) = refusal(1010, Some(data)).await;
		assert_eq!(refusal, Some(expected));
		assert_eq!(reason, expected.explanation());
	}
	let (refusal, reason) = refusal(1010, Some("Transaction has a bad signature")).await;
	assert_eq!(refusal, None);
	assert_eq!(reason, "Invalid Transaction: Transaction has a bad signature");
}

#[tokio::test]
async fn a_transaction_that_the_pool_gives_up_is_refused() {
	for status in [json!("invalid"), json!({"usurped": hex(&[7; 32])})] {
		let node = FakeNode::new(3);
		node.world().pool = vec![Pool::Accept(vec![json!("ready"), status])];
		let outcome = node.chain().await.submit(&key(), call()).await;
		assert!(matches!(outcome, Err(ChainError::Refused { refusal: None, .. })), "{outcome:?}");
	}
}

#[tokio::test]
async fn nothing_is_sent_to_a_node_that_is_syncing() {
	let node = FakeNode::new(3);
	node.world().is_syncing = true;
	let chain = node.chain().await;
	let outcome = chain.submit(&key(), call()).await;
	assert!(matches!(outcome, Err(ChainError::Syncing)));
	assert_eq!(chain.sync_status().await.unwrap(), SyncStatus { is_syncing: true, peers: 3 });
	assert!(node.world().submitted.is_empty());
}

#[tokio::test]
async fn what_was_signed_for_the_former_runtime_is_signed_again_with_the_same_nonce() {
	for refusal in [
		Pool::Accept(vec![json!("ready"), json!("invalid")]),
		Pool::Refuse(1010, Some("Transaction has a bad signature")),
	] {
		let node = FakeNode::new(3);
		node.world().is_upgraded_by_submissions = true;
		let accepted = Pool::Accept(vec![json!("ready")]);
		node.world().pool = vec![refusal, accepted];
		let chain = node.chain().await;
		let include = async {
			while node.world().submitted.len() < 2 {
				tokio::task::yield_now().await;
			}
			let mut world = node.world();
			let transaction = world.submitted[1].clone();
			world.add_block(vec![transaction], &[(0, anchored(2))]);
			world.finalize(4);
		};
		let key = key();
		let (outcome, ()) = futures::join!(chain.submit(&key, call()), include);
		assert_eq!(outcome.unwrap().anchored(), [RecordId([2; 32])]);
		let world = node.world();
		let (first, second) = (&world.submitted[0], &world.submitted[1]);
		assert_ne!(first, second);
		// Length, version, signer and signature; then the era, the nonce and the call.
		assert_eq!(first[102..], second[102..]);
	}
}

#[tokio::test]
async fn what_the_pool_drops_under_the_same_runtime_is_an_error() {
	let node = FakeNode::new(3);
	node.world().pool = vec![Pool::Accept(vec![json!("ready"), json!("invalid")])];
	let error = node.chain().await.submit(&key(), call()).await.unwrap_err();
	assert!(matches!(error, ChainError::Refused { refusal: None, .. }), "{error}");
	assert_eq!(node.world().submitted.len(), 1);
}
