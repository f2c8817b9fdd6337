//! `ward keys new-witness`.

use std::path::Path;

use serde_json::json;

use super::{Context, Output};
use crate::{error::Result, hex::Hex, witness};

pub(super) async fn new(context: &Context, path: &Path, out: &mut Output) -> Result<()> {
	// Before a key is made that nobody could attach.
	context.home.keys().public()?;
	let (key, _) = witness::key_in_file(path)?;
	let public = Hex(key.public());
	let session = context.session().await?;
	let attached = witness::attach(&session, &key, context.progress()).await?;
	context.home.note_witness_key(public.0)?;
	let next = format!(
		"give it to the node, which needs no restart, and then delete the file:\n  {}\n  rm {}\n",
		witness::how_to_insert(path),
		path.display()
	);
	let value = json!({ "key": public, "file": path, "existed": attached.is_none() });
	match attached {
		Some(finalized) => {
			out.called(&finalized, value, || format!("attached the witness key {public}"))?;
		},
		None => out.result(&value, || format!("the witness key {public} is attached already"))?,
	}
	match out.is_json() {
		true => Ok(()),
		false => out.bytes(next.as_bytes()),
	}
}
