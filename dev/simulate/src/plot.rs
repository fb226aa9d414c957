//! Line charts as plain SVG, in colours that can be read on light and on dark ground.

use std::fmt::Write;

use crate::statistics::Estimate;

/// A line of a chart.
pub struct Line {
	/// What the legend calls it.
	pub name: String,
	/// Whether it is drawn in dashes.
	pub dashed: bool,
	/// Its points, both parts of one.
	pub points: Vec<(f64, Estimate)>,
}

/// A chart of parts of one, which are shown in percent.
pub struct Chart {
	/// What stands above it.
	pub title: String,
	/// What goes to the right.
	pub x: &'static str,
	/// What goes up.
	pub y: &'static str,
	/// Its lines.
	pub lines: Vec<Line>,
}

const WIDTH: f64 = 430.0;
const LEFT: f64 = 55.0;
const RIGHT: f64 = 415.0;
const TOP: f64 = 40.0;
const BOTTOM: f64 = 280.0;
const LEGEND: f64 = 340.0;
const LINE_HEIGHT: f64 = 18.0;
const INK: &str = "#7a7a7a";
const COLOURS: [&str; 4] = ["#3b82c4", "#d9772b", "#3f9b5f", "#9a6bc4"];

/// The charts side by side.
pub fn svg(charts: &[Chart]) -> String {
	let most = charts
		.iter()
		.map(|chart| chart.lines.len())
		.max()
		.unwrap_or(0);
	let (width, height) = (
		WIDTH * charts.len() as f64,
		LEGEND + LINE_HEIGHT * most as f64,
	);
	let mut out = format!(
		r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" font-family="sans-serif" font-size="12" fill="{INK}">"#
	);
	for (number, chart) in charts.iter().enumerate() {
		let offset = WIDTH * number as f64;
		let drawn = draw(chart);
		out += &format!("\n<g transform=\"translate({offset} 0)\">{drawn}\n</g>");
	}
	out + "\n</svg>\n"
}

fn draw(chart: &Chart) -> String {
	let mut out = String::new();
	let ends = chart
		.lines
		.iter()
		.flat_map(|line| &line.points)
		.map(|(x, _)| *x);
	// To the next tenth, and never empty.
	let last = (ends.fold(0.1f64, f64::max) * 10.0 - 1e-9).ceil() / 10.0;
	let right = |x: f64| LEFT + (RIGHT - LEFT) * x / last;
	let up = |y: f64| BOTTOM - (BOTTOM - TOP) * y;
	text(&mut out, LEFT, TOP - 18.0, "start", &chart.title);
	for tenth in (0..=10).step_by(2).map(|tenth| f64::from(tenth) / 10.0) {
		let y = up(tenth);
		shape(
			&mut out,
			&format!("M{LEFT} {y:.1}H{RIGHT}"),
			INK,
			0.4,
			false,
		);
		text(&mut out, LEFT - 6.0, y + 4.0, "end", &percent(tenth));
	}
	for tenth in (0..=10).map(|tenth| f64::from(tenth) / 10.0) {
		if tenth <= last + 1e-9 {
			text(
				&mut out,
				right(tenth),
				BOTTOM + 18.0,
				"middle",
				&percent(tenth),
			);
		}
	}
	text(
		&mut out,
		right(last / 2.0),
		BOTTOM + 36.0,
		"middle",
		chart.x,
	);
	let middle = up(0.5);
	let _ = write!(
		out,
		"\n<g transform=\"translate(14 {middle:.1}) rotate(-90)\">"
	);
	text(&mut out, 0.0, 0.0, "middle", chart.y);
	out += "</g>";
	for (number, line) in chart.lines.iter().enumerate() {
		let colour = COLOURS[number % COLOURS.len()];
		let points = line.points.iter().enumerate();
		let path: String = points
			.map(|(number, (x, y))| {
				let command = if number == 0 { 'M' } else { 'L' };
				format!("{command}{:.1} {:.1}", right(*x), up(y.mean))
			})
			.collect();
		shape(&mut out, &path, colour, 2.0, line.dashed);
		for (x, y) in &line.points {
			let (low, high) = (up(y.mean - y.margin), up(y.mean + y.margin));
			let bar = format!("M{:.1} {low:.1}V{high:.1}", right(*x));
			shape(&mut out, &bar, colour, 1.0, false);
		}
		let y = LEGEND + LINE_HEIGHT * number as f64;
		let key = format!("M{LEFT} {:.1}h24", y - 4.0);
		shape(&mut out, &key, colour, 2.0, line.dashed);
		text(&mut out, LEFT + 32.0, y, "start", &line.name);
	}
	out
}

fn shape(out: &mut String, path: &str, colour: &str, width: f64, dashed: bool) {
	let dashes = if dashed {
		" stroke-dasharray=\"5 4\""
	} else {
		""
	};
	let _ = write!(
		out,
		"\n<path d=\"{path}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"{width}\"{dashes}/>"
	);
}

fn text(out: &mut String, x: f64, y: f64, anchor: &str, text: &str) {
	let text = text.replace('&', "&amp;").replace('<', "&lt;");
	let _ = write!(
		out,
		"\n<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{text}</text>"
	);
}

fn percent(part: f64) -> String {
	format!("{:.0}", part * 100.0)
}

#[cfg(test)]
mod tests {
	use super::*;

	fn chart() -> Chart {
		let at = |x, mean| (x, Estimate { mean, margin: 0.1 });
		Chart {
			title: "pay & more".into(),
			x: "share, %",
			y: "pay, %",
			lines: vec![Line {
				name: "a < b".into(),
				dashed: true,
				points: vec![at(0.0, 0.0), at(0.8, 1.0)],
			}],
		}
	}

	#[test]
	fn line_goes_from_corner_to_corner() {
		let drawn = svg(&[chart()]);
		assert!(
			drawn.contains(r#"<path d="M55.0 280.0L415.0 40.0""#),
			"{drawn}"
		);
		// From 90 % to 110 %: above the edge.
		assert!(drawn.contains("M415.0 64.0V16.0"), "{drawn}");
	}

	#[test]
	fn axes_are_labelled_and_text_is_escaped() {
		let drawn = svg(&[chart()]);
		for label in [
			"pay &amp; more",
			"share, %",
			"pay, %",
			"a &lt; b",
			">80</text>",
			">100</text>",
		] {
			assert!(drawn.contains(label), "{label} is not in {drawn}");
		}
		assert!(!drawn.contains(">90</text>"));
	}

	#[test]
	fn charts_stand_side_by_side_and_all_is_closed() {
		let drawn = svg(&[chart(), chart()]);
		assert!(drawn.contains("viewBox=\"0 0 860 358\""), "{drawn}");
		assert!(drawn.contains("translate(430 0)"));
		let count = |what: &str| drawn.matches(what).count();
		assert_eq!(count("<g "), count("</g>"));
		assert_eq!(count("<text "), count("</text>"));
		assert!(drawn.ends_with("</svg>\n"));
	}
}
