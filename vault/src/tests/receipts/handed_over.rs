//! Rows of records that were handed over.

use super::*;
use crate::tests::neighbours::OTHER;

async fn text_of_metrics(house: &House) -> String {
	let request = Request::get("/metrics").body(Body::empty()).unwrap();
	let answer = send(&router::operator(house.vault.clone()), request).await;
	String::from_utf8(answer.body.unwrap().to_vec()).unwrap()
}

#[tokio::test]
async fn a_row_that_was_handed_over_is_answered_without_a_word_and_is_nobodys_gap() {
	let house = House::new();
	let records = deposited(&house, &[500, 70_000, 900]).await;
	let witness = Witness::drawn(&house, 3);
	house.chain.finalize(|tables| tables.hand_over(records[1].id, CENTER, OTHER));
	let (answer, seen) = witness.fetch(&house).await;
	assert_eq!((seen.missing, seen.contradiction), (vec![], None));
	assert!(answer.rows.iter().all(|row| *row != RowAnswer::Missing), "all of it is still here");

	// Deleted, and forgotten.
	let gone = records[1].id;
	house.vault.store.delete(gone).await.unwrap();
	house.vault.database.finish_discard(gone).await.unwrap();
	let (answer, seen) = witness.fetch(&house).await;
	assert_eq!((seen.missing, seen.contradiction), (vec![], None));
	assert_eq!(answer.rows[1], RowAnswer::Missing);
	assert!(noted(&house).await.is_empty());
	let text = text_of_metrics(&house).await;
	assert!(text.contains("ward_vault_receipt_rows_total{outcome=\"held\"} 5"), "{text}");
	assert!(text.contains("ward_vault_receipt_rows_total{outcome=\"missing\"} 0"), "{text}");

	// What is still held, and gone all the same, is missed as before.
	house.vault.store.delete(records[2].id).await.unwrap();
	assert_eq!(witness.missing(&house).await, [2]);
	assert_eq!(noted(&house).await, [records[2].id]);
}
