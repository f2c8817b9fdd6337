//! The options that make the terms of a grant or request.

use clap::Args;
use ward_primitives::{
	consent::MAX_NAMED_RECORDS, ActionSet, Category, CategorySet, DataPeriod, GrantTerms,
	ParticipantId, PurposeOfUse, PurposeSet, RecordId, Scope, Sensitivity,
};

use bounded_collections::{BoundedVec, ConstU32};

use super::arguments;
use crate::{
	error::{Error, Kind, Result},
	moment,
};

type Named = BoundedVec<RecordId, ConstU32<MAX_NAMED_RECORDS>>;

/// What a grant allows.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Terms")]
pub(super) struct Terms {
	/// What for: HL7 PurposeOfUse codes, separated by commas [default: TREAT]
	#[arg(long, value_name = "CODES", value_delimiter = ',', value_parser = arguments::purpose)]
	pub(super) purpose: Vec<PurposeOfUse>,

	/// Everything about the patient
	#[arg(long, conflicts_with_all = ["categories", "records", "author", "data_from", "data_until"])]
	pub(super) all: bool,

	/// Only these categories, separated by commas (see docs/categories.md)
	#[arg(long, value_name = "NAMES", value_delimiter = ',', value_parser = arguments::category)]
	pub(super) categories: Vec<Category>,

	/// Only these records with what corrects them, separated by commas
	#[arg(long, value_name = "IDS", value_delimiter = ',', value_parser = arguments::record)]
	pub(super) records: Vec<RecordId>,

	/// Only what this participant wrote, or what was written for this center
	#[arg(long, value_name = "NUMBER", value_parser = arguments::participant)]
	pub(super) author: Option<ParticipantId>,

	/// Only what is about the time from here on
	#[arg(long, value_name = "DATE", value_parser = moment::parse_signed_moment)]
	pub(super) data_from: Option<i64>,

	/// Only what is about the time before this
	#[arg(long, value_name = "DATE", value_parser = moment::parse_signed_moment)]
	pub(super) data_until: Option<i64>,

	/// Except what holds any of these categories
	#[arg(long, value_name = "NAMES", value_delimiter = ',', value_parser = arguments::category)]
	pub(super) except_categories: Vec<Category>,

	/// Except these records
	#[arg(long, value_name = "IDS", value_delimiter = ',', value_parser = arguments::record)]
	pub(super) except_records: Vec<RecordId>,

	/// Except what this participant wrote, or what was written for this center
	#[arg(long, value_name = "NUMBER", value_parser = arguments::participant)]
	pub(super) except_author: Option<ParticipantId>,

	/// The highest confidentiality that is covered: normal, restricted or very-restricted
	#[arg(long, value_name = "LEVEL", value_parser = arguments::sensitivity)]
	pub(super) sensitivity: Option<Sensitivity>,

	/// Also writing new records; needs --all and no exception
	#[arg(long)]
	pub(super) write: bool,

	/// Only writing, no reading
	#[arg(long, requires = "write")]
	pub(super) no_read: bool,

	/// What is read may be passed on
	#[arg(long)]
	pub(super) redisclosure: bool,
}

impl Terms {
	/// The terms as they stand here. A scope must be named: nothing is granted by leaving it out.
	pub(super) fn build(&self) -> Result<GrantTerms> {
		if !self.all && self.scope()?.is_everything() {
			return Err(Error::new(Kind::Usage, "it is not said what the terms cover")
				.hint("name --categories, --records, --author or --data-from, or say --all"));
		}
		self.apply(&GrantTerms {
			actions: ActionSet::READ,
			purposes: PurposeSet::from_iter([PurposeOfUse::Treat]),
			scope: Scope::default(),
			exceptions: Default::default(),
			sensitivity: Sensitivity::Normal,
			redisclosure: false,
		})
	}

	/// Whether nothing is named.
	pub(super) fn is_empty(&self) -> bool {
		self.purpose.is_empty()
			&& !self.all
			&& self.categories.is_empty()
			&& self.records.is_empty()
			&& self.author.is_none()
			&& self.data_from.is_none()
			&& self.data_until.is_none()
			&& !self.has_exceptions()
			&& self.sensitivity.is_none()
			&& !self.write
			&& !self.redisclosure
	}

	/// Other terms with what is named here instead.
	pub(super) fn apply(&self, to: &GrantTerms) -> Result<GrantTerms> {
		let mut terms = to.clone();
		if !self.purpose.is_empty() {
			terms.purposes = self.purpose.iter().copied().collect();
		}
		let scope = self.scope()?;
		if self.all || !scope.is_everything() {
			terms.scope = scope;
		}
		if self.has_exceptions() {
			terms.exceptions = self.exceptions()?.try_into().map_err(|_| {
				Error::new(Kind::Usage, "there are too many exceptions").hint("at most four")
			})?;
		}
		if let Some(sensitivity) = self.sensitivity {
			terms.sensitivity = sensitivity;
		}
		if self.write {
			let read = if self.no_read { 0 } else { ActionSet::READ.0 };
			terms.actions = ActionSet(ActionSet::WRITE.0 | read);
		}
		if self.redisclosure {
			terms.redisclosure = true;
		}
		let writes = terms.actions.0 & ActionSet::WRITE.0 != 0;
		if writes && !(terms.scope.is_everything() && terms.exceptions.is_empty()) {
			return Err(Error::new(Kind::Usage, "writing can only be allowed without limits")
				.hint("say --all --write; allow limited reading by a second grant"));
		}
		if !terms.is_valid() {
			return Err(Error::new(Kind::Usage, "the terms make no sense: a period is reversed")
				.hint("--data-from must lie before --data-until"));
		}
		Ok(terms)
	}

	fn has_exceptions(&self) -> bool {
		!self.except_categories.is_empty()
			|| !self.except_records.is_empty()
			|| self.except_author.is_some()
	}

	fn scope(&self) -> Result<Scope> {
		let period = match (self.data_from, self.data_until) {
			(None, None) => None,
			(from, until) => Some(DataPeriod {
				start: from.unwrap_or(i64::MIN),
				// Periods include their end.
				end: until.map_or(i64::MAX, |until| until.saturating_sub(1)),
			}),
		};
		Ok(Scope {
			categories: arguments::category_set(&self.categories),
			records: named(&self.records)?,
			author: self.author,
			period,
		})
	}

	fn exceptions(&self) -> Result<Vec<Scope>> {
		let categories: Option<CategorySet> = arguments::category_set(&self.except_categories);
		let records = named(&self.except_records)?;
		let scopes = [
			Scope { categories, ..Scope::default() },
			Scope { records, ..Scope::default() },
			Scope { author: self.except_author, ..Scope::default() },
		];
		Ok(scopes.into_iter().filter(|scope| !scope.is_everything()).collect())
	}
}

/// The records that a scope names; none if it names none.
fn named(records: &[RecordId]) -> Result<Option<Named>> {
	if records.is_empty() {
		return Ok(None);
	}
	let bounded = Named::try_from(records.to_vec());
	bounded.map(Some).map_err(|_| {
		Error::new(Kind::Usage, "too many records are named").hint("at most 16; give another grant")
	})
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_grant_without_a_scope_is_refused_and_everything_must_be_said() {
		assert_eq!(Terms::default().build().unwrap_err().kind(), Kind::Usage);
		let terms = Terms { all: true, ..Terms::default() }.build().unwrap();
		assert!(terms.scope.is_everything() && terms.is_valid());
		assert_eq!(terms.actions, ActionSet::READ);
		assert_eq!(terms.sensitivity, Sensitivity::Normal);
	}

	#[test]
	fn exceptions_are_one_scope_per_kind() {
		let terms = Terms {
			categories: vec![Category::Laboratory, Category::Imaging],
			except_categories: vec![Category::Discharge],
			except_author: Some(ParticipantId(9)),
			..Terms::default()
		};
		let terms = terms.build().unwrap();
		assert_eq!(terms.exceptions.len(), 2);
		assert_eq!(terms.exceptions[1].author, Some(ParticipantId(9)));
	}

	#[test]
	fn an_amendment_changes_only_what_is_named() {
		let before = Terms {
			categories: vec![Category::Laboratory],
			purpose: vec![PurposeOfUse::Hpaymt],
			redisclosure: true,
			..Terms::default()
		};
		let before = before.build().unwrap();
		let change = Terms { sensitivity: Some(Sensitivity::Restricted), ..Terms::default() };
		let after = change.apply(&before).unwrap();
		assert_eq!(after, GrantTerms { sensitivity: Sensitivity::Restricted, ..before.clone() });
		let widened = Terms { all: true, ..Terms::default() }.apply(&before).unwrap();
		assert!(widened.scope.is_everything());
		assert!(Terms::default().is_empty() && !change.is_empty());
	}

	#[test]
	fn limited_writing_and_reversed_periods_are_refused() {
		let limited = Terms { write: true, categories: vec![Category::Other], ..Terms::default() };
		assert_eq!(limited.build().unwrap_err().kind(), Kind::Usage);
		let reversed = Terms { data_from: Some(5), data_until: Some(5), ..Terms::default() };
		assert_eq!(reversed.build().unwrap_err().kind(), Kind::Usage);
	}
}
