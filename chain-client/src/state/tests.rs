use crate::{error::hex, testing::FakeNode, Authorization, ChainError};
use sp_crypto_hashing::{blake2_256, twox_128, twox_64};
use ward_primitives::{ParticipantId, RecordId};

#[tokio::test]
async fn heads_and_blocks_are_told_apart() {
	let node = FakeNode::new(3);
	node.world().add_block(vec![], &[]);
	let chain = node.chain().await;
	assert_eq!(chain.genesis(), node.world().hash(0));
	assert_eq!(chain.finalized().await.unwrap().number, 3);
	assert_eq!(chain.best().await.unwrap().number, 4);
	let hash = node.world().hash(2);
	let state = chain.at(hash).await.unwrap();
	assert_eq!((state.number, state.timestamp), (2, 4_000));
	assert_eq!(state.quota(ParticipantId(1)).await.unwrap(), 17);
	assert_eq!(state.code_hash().await.unwrap(), blake2_256(b"code"));
}

#[tokio::test]
async fn blocks_that_the_node_does_not_have_are_named() {
	let node = FakeNode::new(3);
	let chain = node.chain().await;
	let unknown = |outcome: Result<_, ChainError>| match outcome {
		Err(ChainError::UnknownBlock { block }) => block,
		other => panic!("{other:?}"),
	};
	assert_eq!(unknown(chain.at([9; 32]).await), hex(&[9; 32]));
	assert_eq!(unknown(chain.at_number(8).await), "8");
	let state = chain.finalized().await.unwrap();
	node.world().switch_chain();
	let quota = state.quota(ParticipantId(1)).await;
	assert_eq!(unknown(quota.map(|_| state.clone())), hex(&state.hash));
}

#[tokio::test]
async fn what_was_answered_about_a_block_is_not_asked_again() {
	let node = FakeNode::new(3);
	let state = node.chain().await.finalized().await.unwrap();
	let asked = || node.world().requests;
	let ask = || async {
		assert_eq!(state.quota(ParticipantId(1)).await.unwrap(), 17);
		assert_eq!(state.code_hash().await.unwrap(), blake2_256(b"code"));
	};
	let before = asked();
	ask().await;
	assert_eq!(asked(), before + 2);
	ask().await;
	assert_eq!(asked(), before + 2, "it is remembered");
	state.quota(ParticipantId(2)).await.unwrap();
	assert_eq!(asked(), before + 3, "another question");
	state.participant(ParticipantId(1)).await.unwrap_err();
	state.participant(ParticipantId(1)).await.unwrap_err();
	assert_eq!(asked(), before + 5, "errors are not remembered");
}

#[tokio::test]
async fn storage_is_read_where_the_runtime_has_no_function_for_it() {
	let node = FakeNode::new(3);
	let state = node.chain().await.finalized().await.unwrap();
	// The keys that the runtime's pallets use, by their names.
	let authorization = [twox_128(b"System"), twox_128(b"AuthorizedUpgrade")].concat();
	let id = 7u64.to_le_bytes();
	let prefix = [twox_128(b"Session"), twox_128(b"NextKeys")].concat();
	let keys = [&prefix[..], &twox_64(&id), &id].concat();
	assert_eq!(state.authorized_upgrade().await.unwrap(), None);
	assert_eq!(state.session_keys(ParticipantId(7)).await.unwrap(), None);
	node.world().storage =
		vec![(authorization, [&[9u8; 32][..], &[1]].concat()), (keys, vec![5; 64])];
	let state = node.chain().await.finalized().await.unwrap();
	let authorized = state.authorized_upgrade().await.unwrap().unwrap();
	assert_eq!(authorized, Authorization { code_hash: [9; 32], checks_version: true });
	assert_eq!(state.session_keys(ParticipantId(7)).await.unwrap(), Some(vec![5; 64]));
	assert_eq!(state.session_keys(ParticipantId(8)).await.unwrap(), None);
}

#[tokio::test]
async fn a_function_that_the_runtime_lacks_and_an_answer_of_another_type_are_named() {
	let state = FakeNode::new(3).chain().await.finalized().await.unwrap();
	match state.participant(ParticipantId(1)).await {
		Err(ChainError::Unsupported { what }) => assert_eq!(what, "function WardApi_participant"),
		other => panic!("{other:?}"),
	}
	match state.record(RecordId([0; 32])).await {
		Err(ChainError::Unreadable { to, .. }) => assert_eq!(to, "WardApi_record"),
		other => panic!("{other:?}"),
	}
}
