//! What a process tells about itself in the Prometheus format.

use ward_client::{
	error::{Context, Kind},
	Result,
};

/// Metrics as they were at a moment.
pub(crate) struct Metrics(String);

impl Metrics {
	/// Fetches what there is at an address.
	pub(crate) async fn fetch(address: &str) -> Result<Self> {
		let what = || format!("{address} does not answer");
		let answer = reqwest::get(address).await.context(Kind::Node, what)?;
		Ok(Self(answer.text().await.context(Kind::Node, what)?))
	}

	/// The sum of a metric over all its labels that contain `label`.
	pub(crate) fn sum(&self, name: &str, label: &str) -> f64 {
		let lines = self.0.lines().filter(|line| {
			let rest = line.strip_prefix(name).unwrap_or_default();
			rest.starts_with(['{', ' ']) && line.contains(label)
		});
		lines.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum()
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_metric_is_summed_over_its_labels() {
		let text = "# HELP x_count a\nx_count{chain=\"a\",reason=\"full\"} 3\n\
			x_count{chain=\"a\",reason=\"empty\"} 4\nx_count_more 9\nx_sum 1.5\n";
		let metrics = Metrics(text.into());
		assert_eq!(metrics.sum("x_count", ""), 7.0);
		assert_eq!(metrics.sum("x_count", "full"), 3.0);
		assert_eq!(metrics.sum("x_sum", ""), 1.5);
		assert_eq!(metrics.sum("y", ""), 0.0);
	}
}
