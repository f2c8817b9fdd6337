use super::*;
use crate::testing::FakeNode;

#[tokio::test]
async fn a_node_says_what_it_is() {
	let chain = FakeNode::new(1).chain().await;
	let node = chain.node_version().await.unwrap();
	assert_eq!((&node.name[..], &node.version[..]), ("Ward Node", "0.1.0-abc"));
	let runtime = chain.runtime_version().await.unwrap();
	assert_eq!((&runtime.spec_name[..], runtime.spec_version), ("ward", 100));
	assert_eq!(runtime.transaction_version, 1);
}

#[tokio::test]
async fn keys_are_made_for_an_owner_and_found_again() {
	let chain = FakeNode::new(1).chain().await;
	let made = chain.rotate_session_keys([9; 32]).await.unwrap();
	assert_eq!((made.keys.len(), made.proof.len()), (64, 128));
	assert!(chain.has_session_keys(&made.keys).await.unwrap());
	assert!(!chain.has_session_keys(&[0; 64]).await.unwrap());
	assert!(chain.answers_unsafe_methods().await.unwrap());
}

#[tokio::test]
async fn a_witness_key_is_looked_for_under_its_own_type() {
	let node = FakeNode::new(1);
	let chain = node.chain().await;
	assert!(chain.has_witness_key([6; 32]).await.unwrap());
	assert!(!chain.has_witness_key([9; 32]).await.unwrap());
	node.world().is_public = true;
	let error = chain.has_witness_key([6; 32]).await.unwrap_err();
	assert!(matches!(error, ChainError::Unsafe { .. }));
}

#[tokio::test]
async fn what_only_the_operator_may_ask_is_told_apart_from_other_failures() {
	let node = FakeNode::new(1);
	let chain = node.chain().await;
	node.world().is_public = true;
	let error = chain.rotate_session_keys([9; 32]).await.unwrap_err();
	assert!(
		matches!(error, ChainError::Unsafe { method } if method == "author_rotateKeysWithOwner")
	);
	assert!(!chain.answers_unsafe_methods().await.unwrap());
}
