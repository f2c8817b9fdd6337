use crate::{testing::FakeNode, ChainError, State};
use futures::{Stream, StreamExt};

async fn numbers(
	blocks: &mut (impl Stream<Item = Result<State, ChainError>> + Unpin),
	count: usize,
) -> Vec<u64> {
	blocks.take(count).map(|block| block.unwrap().number).collect().await
}

#[tokio::test]
async fn blocks_that_the_subscription_leaves_out_are_delivered() {
	let node = FakeNode::new(3);
	let mut blocks = node.chain().await.finalized_blocks();
	assert_eq!(numbers(&mut blocks, 1).await, [3]);
	node.world().finalize(7);
	assert_eq!(numbers(&mut blocks, 4).await, [4, 5, 6, 7]);
}

#[tokio::test]
async fn blocks_start_where_the_caller_wants() {
	let node = FakeNode::new(5);
	let mut blocks = node.chain().await.finalized_blocks_from(2);
	assert_eq!(numbers(&mut blocks, 4).await, [2, 3, 4, 5]);
	let mut later = node.chain().await.finalized_blocks_from(8);
	node.world().finalize(9);
	assert_eq!(numbers(&mut later, 2).await, [8, 9]);
}

#[tokio::test]
async fn each_block_is_the_state_at_its_own_hash() {
	let node = FakeNode::new(4);
	let mut blocks = node.chain().await.finalized_blocks_from(4);
	let block = blocks.next().await.unwrap().unwrap();
	assert_eq!((block.hash, block.timestamp), (node.world().hash(4), 8_000));
}

#[tokio::test]
async fn no_block_is_left_out_or_repeated_across_a_reconnect() {
	let node = FakeNode::new(3);
	let mut blocks = node.chain().await.finalized_blocks();
	assert_eq!(numbers(&mut blocks, 1).await, [3]);
	node.world().finalize(5);
	assert_eq!(numbers(&mut blocks, 1).await, [4]);
	node.world().disconnect();
	node.world().finalize(8);
	assert_eq!(numbers(&mut blocks, 4).await, [5, 6, 7, 8]);
	assert_eq!(node.world().subscriptions, 2);
}

#[tokio::test]
async fn a_node_that_is_behind_after_a_reconnect_is_waited_for() {
	let node = FakeNode::new(5);
	let mut blocks = node.chain().await.finalized_blocks();
	assert_eq!(numbers(&mut blocks, 1).await, [5]);
	node.world().disconnect();
	node.world().finalized = 4;
	// Block 6 exists there, but is not final there.
	node.world().add_block(vec![], &[]);
	let mut next = blocks.next();
	assert!(futures::poll!(&mut next).is_pending());
	node.world().finalize(6);
	assert_eq!(next.await.unwrap().unwrap().number, 6);
}

#[tokio::test]
async fn an_error_is_reported_and_the_same_block_comes_next() {
	let node = FakeNode::new(3);
	let mut blocks = node.chain().await.finalized_blocks_from(2);
	node.world().failures = 1;
	assert!(matches!(blocks.next().await, Some(Err(ChainError::Unreachable { .. }))));
	assert_eq!(numbers(&mut blocks, 2).await, [2, 3]);
}

#[tokio::test]
async fn another_chain_behind_the_same_address_is_noticed() {
	let node = FakeNode::new(3);
	let chain = node.chain().await;
	let mut blocks = chain.finalized_blocks();
	assert_eq!(numbers(&mut blocks, 1).await, [3]);
	node.world().switch_chain();
	node.world().disconnect();
	assert!(matches!(blocks.next().await, Some(Err(ChainError::WrongChain { .. }))));
	assert!(matches!(chain.sync_status().await, Err(ChainError::WrongChain { .. })));
}
