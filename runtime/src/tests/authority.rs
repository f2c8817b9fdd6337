//! Who may call what: every call of the runtime × every kind of origin, as `authority/table.md` says.
//!
//! Signed and unsigned origins are real transactions that `Executive::apply_extrinsic` takes into a
//! block, through all transaction extensions. Root and the council have no transactions of their
//! own, so these columns dispatch the call with the origin that the council's motion would have.
//! Each cell starts from the same state.

mod arguments;
mod cast;
mod table;

use std::collections::BTreeSet;

use frame_support::{dispatch::DispatchResult, traits::GetCallMetadata};
use sp_core::{ed25519, traits::ReadRuntimeVersionExt};
use sp_io::TestExternalities;
use sp_runtime::{traits::Dispatchable, transaction_validity::TransactionSource};
use ward_primitives::KeyRoles;

use self::{
	cast::{Cast, Member},
	table::{Row, Table},
};
use super::{
	chain::{
		self, dispatch_outcome, offer_bare, offer_general, outcome, submit, submit_bare,
		submit_general,
	},
	check_invariants, metadata, pair, set_time, undone,
};
use crate::{Participants, Runtime, RuntimeCall, RuntimeOrigin};

/// What a cell says where there is no such origin.
const NONE: &str = "no such key";

/// The columns, in the table's order.
const COLUMNS: [&str; 24] = [
	"caller",
	"pool",
	"bare",
	"general",
	"unknown",
	"retired",
	"suspended",
	"frozen",
	"expired",
	"deactivated",
	"act",
	"enrol",
	"govern",
	"receipt",
	"witness",
	"HealthAuthority",
	"MedicalCenter",
	"Practitioner",
	"Patient",
	"Device",
	"Researcher",
	"motion",
	"enact",
	"root",
];

/// The columns about what the caller can be.
const CONDITIONS: [&str; 4] = ["suspended", "frozen", "expired", "deactivated"];

/// Dispatches without a transaction.
fn dispatch(call: RuntimeCall, origin: RuntimeOrigin) -> DispatchResult {
	call.dispatch(origin).map(|_| ()).map_err(|failed| failed.error)
}

/// Two thirds of the council, which has four members here.
fn two_thirds() -> RuntimeOrigin {
	pallet_collective::RawOrigin::Members(3, 4).into()
}

/// What the pool of a node says to a call that nobody signed, in the form of an inherent: whether the
/// node itself offers it or somebody else.
fn pool(call: &RuntimeCall) -> String {
	let offered = |source| outcome(&offer_bare(source, call.clone()));
	let (own, others) = (offered(TransactionSource::Local), offered(TransactionSource::External));
	match own == others {
		true => own,
		false => format!("{own} to the node itself, else {others}"),
	}
}

/// What a call comes to that nobody signed, in the form of a transaction. What is refused in a block
/// is refused in every pool, and what is not is not.
fn general(call: &RuntimeCall) -> String {
	let offered = offer_general(TransactionSource::External, call.clone());
	let applied = submit_general(call.clone());
	assert_eq!(offered.is_ok(), applied.is_ok(), "{offered:?} in a pool, {applied:?} in a block");
	outcome(&applied)
}

/// The same call wrapped so that a motion of the council makes it as Root.
fn enacted(call: RuntimeCall) -> RuntimeCall {
	RuntimeCall::Governance(pallet_ward_governance::Call::enact { call: Box::new(call) })
}

/// Puts the caller into the condition that the column names.
fn put_into(condition: &str, cast: &Cast, caller: &Member) {
	let administrator = || cast.administrator(caller);
	let result = match condition {
		"suspended" => Participants::suspend(administrator(), caller.id),
		"frozen" => Participants::freeze(administrator(), caller.id),
		"deactivated" => Participants::deactivate(administrator(), caller.id),
		"expired" => {
			let soon = chain::now() + 1;
			let result = Participants::set_expiry(administrator(), caller.id, Some(soon));
			set_time(soon);
			result
		},
		other => panic!("{other} is no condition"),
	};
	assert_eq!(result, Ok(()), "{condition}");
}

/// What `call` comes to from the origin that the column names.
fn cell(column: &str, row: &Row, cast: &Cast, call: &RuntimeCall) -> String {
	let call = || call.clone();
	let signed = |key: &ed25519::Pair| outcome(&submit(key, call()));
	let caller = cast.caller(row.by);
	let key = |roles| caller.keys.get(roles).map_or(NONE.into(), signed);
	let member = |member: &Member| signed(&member.main);
	arguments::prepare(row.call, cast);
	if CONDITIONS.contains(&column) {
		put_into(column, cast, caller);
	}
	// Last, since who is left has to be enough of the council.
	arguments::prove_breach(row.call);
	match column {
		"caller" => match row.by {
			"root" => dispatch_outcome(&dispatch(call(), RuntimeOrigin::root())),
			"council" => dispatch_outcome(&dispatch(call(), two_thirds())),
			"author" => outcome(&submit_bare(call())),
			// As the node makes them: of the newer kind, and of the older kind.
			"node" if matches!(call(), RuntimeCall::Authorities(_) | RuntimeCall::Receipts(_)) => {
				general(&call())
			},
			"node" => outcome(&submit_bare(call())),
			_ => signed(&caller.main),
		},
		"pool" => pool(&call()),
		"bare" => outcome(&submit_bare(call())),
		"general" => general(&call()),
		"unknown" => signed(&cast.unknown),
		"retired" => signed(&caller.retired),
		condition if CONDITIONS.contains(&condition) => signed(&caller.main),
		"act" => key(KeyRoles::ACT),
		"enrol" => key(KeyRoles::ENROL),
		"govern" => key(KeyRoles::GOVERN),
		"receipt" => key(KeyRoles::RECEIPT),
		"witness" => key(KeyRoles::WITNESS),
		"HealthAuthority" => member(&cast.others.authority),
		"MedicalCenter" => member(&cast.others.center),
		"Practitioner" => member(&cast.others.practitioner),
		"Patient" => member(&cast.others.patient),
		"Device" => member(&cast.others.device),
		"Researcher" => member(&cast.others.researcher),
		"motion" => dispatch_outcome(&dispatch(call(), two_thirds())),
		"enact" => dispatch_outcome(&dispatch(enacted(call()), two_thirds())),
		"root" => dispatch_outcome(&dispatch(call(), RuntimeOrigin::root())),
		other => panic!("{other} is no column"),
	}
}

/// A chain on which each row's call is right for its caller.
fn with_cast(test: impl FnOnce(&Cast)) {
	let (authority, centers) = cast::founders();
	let mut ext = TestExternalities::new(chain::genesis(&authority, &centers));
	ext.register_extension(ReadRuntimeVersionExt::new(arguments::NextVersion));
	ext.execute_with(|| {
		let slot = chain::slot_of(super::START);
		chain::start_block(slot);
		let cast = Cast::assemble();
		// The new health authority sits in the council from the next block on.
		chain::finish_block();
		chain::start_block(slot + 1);
		arguments::stage(&cast);
		test(&cast);
		check_invariants();
	});
}

#[test]
fn every_call_answers_every_kind_of_origin_as_the_table_says() {
	let table = Table::read();
	assert_eq!(table.columns, COLUMNS, "the columns of the table");
	let mut differences = Vec::new();
	with_cast(|cast| {
		for row in &table.rows {
			let Some(call) = arguments::call(row.call, row.by, cast) else {
				panic!("{} by {} has a row but no arguments", row.call, row.by)
			};
			let names = call.get_call_metadata();
			let name = format!("{}.{}", names.pallet_name, names.function_name);
			assert_eq!(name, row.call, "the arguments are for another call");
			for (column, expected) in COLUMNS.iter().zip(&row.cells) {
				let found = undone(|| cell(column, row, cast, &call));
				if found != table.meaning(expected) {
					differences.push(format!(
						"{} by {}: {column} is `{expected}`, found `{}` ({found})",
						row.call,
						row.by,
						table.code(&found),
					));
				}
			}
		}
		if std::env::var_os("WARD_AUTHORITY_PRINT").is_some() {
			print(&table, cast);
		}
	});
	assert!(differences.is_empty(), "{} cells differ: {differences:#?}", differences.len());
}

/// Prints the rows as they are found, for whoever changes a call and then reviews each difference.
fn print(table: &Table, cast: &Cast) {
	for row in &table.rows {
		let call = arguments::call(row.call, row.by, cast).expect("looked at before");
		let cells = COLUMNS.iter().map(|column| {
			let found = undone(|| cell(column, row, cast, &call));
			table.code(&found).to_owned()
		});
		println!("| {} | {} | {} |", row.call, row.by, cells.collect::<Vec<_>>().join(" | "));
	}
}

#[test]
fn every_call_of_the_metadata_has_a_row_and_every_row_a_call() {
	let table = Table::read();
	let rows: BTreeSet<_> = table.rows.iter().map(|row| row.call.to_owned()).collect();
	assert_eq!(rows, metadata::calls());
}

#[test]
fn every_row_says_that_its_caller_is_permitted_and_nobody_is_nobody() {
	let table = Table::read();
	for row in &table.rows {
		match row.by {
			"nobody" => assert!(COLUMNS
				.iter()
				.zip(&row.cells)
				.all(|(column, cell)| { *column == "root" || table.meaning(cell) != "permitted" })),
			_ => assert_eq!(table.meaning(row.cells[0]), "permitted", "{} by {}", row.call, row.by),
		}
	}
}

#[test]
fn keys_that_the_table_leaves_out_cannot_be_attached() {
	with_cast(|cast| {
		let mut refused = 0;
		for caller in cast.callers() {
			for roles in cast::SINGLE_ROLES {
				let can_be_attached = caller.keys.get(roles).is_some();
				let result = undone(|| cast::attach(caller, &pair(250), roles));
				let not_allowed = pallet_ward_participants::Error::<Runtime>::RolesNotAllowed;
				match can_be_attached {
					true => assert_eq!(result, Ok(())),
					false => assert_eq!(result, Err(not_allowed.into())),
				}
				refused += u32::from(!can_be_attached);
			}
		}
		assert!(refused > 0, "some roles are not for everybody");
	});
}
