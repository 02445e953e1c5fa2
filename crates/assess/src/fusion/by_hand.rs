//! Scenes of a few reports, for tests of what is reckoned inside.

use std::cell::RefCell;

use agreement::{Digest, Parameters, Report};
use intake::reports::JsonlReports;
use intake::{Batch, Feed as _, Options};
use serde_json::{Value, json};

use super::model::Model;
use super::nucleus::Net;
use super::observation;
use super::rates::Rates;
use super::scene::Scene;
use super::silence::{Fields, OnDuty};

/// What somebody at a post heard at about so many seconds past half past five, give or take as many as an
/// interval holds; `x` and `y` are kilometres from 36 E, 32.8 N.
pub(crate) fn heard(id: &str, (x, y): (f64, f64), t: f64, more: &Value) -> Value {
    let at = |t: f64| format!("2017-07-10T05:{:02}:{:06.3}Z", 30 + (t / 60.0) as i32, t % 60.0);
    let mut report = json!({
        "id": id, "method": "heard", "kind": "explosion", "from": at(t - 40.0), "to": at(t + 40.0),
        "clock_sd_s": 20,
        "source": { "id": format!("{x} {y}"), "post": format!("{x} {y}"), "kind": "human",
            "lon": 36.0 + x / 93.6, "lat": 32.8 + y / 110.9 },
    });
    for (key, value) in more.as_object().into_iter().flatten() {
        report[key] = value.clone();
    }
    if report["arrival"].is_object() {
        for key in ["from", "to", "clock_sd_s"] {
            report[key] = Value::Null;
        }
        report["source"]["kind"] = "acoustic".into();
    }
    report.as_object_mut().into_iter().for_each(|all| all.retain(|_, value| !value.is_null()));
    report
}

/// Shows the scene of some reports; observations are numbered by when they were made.
pub(crate) fn see(lines: &[Value], look: impl FnOnce(&Scene<'_>)) {
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let mut feed = JsonlReports::new(text.as_bytes(), Options::default());
    let (mut batch, mut reports) = (Batch::default(), Vec::new());
    while feed.read(&mut batch).expect("memory is read") {
        assert_eq!(batch.rejections, []);
        reports.append(&mut batch.items);
    }
    let reports: Vec<(Digest, &Report)> = reports.iter().map(|one| (one.digest(), one)).collect();
    let parameters = Parameters::default();
    let model = Model::new(&parameters);
    let observed = observation::observe(&model, &reports, &[]);
    let duty = OnDuty::of(&model, &observed);
    let fields = RefCell::new(Fields::new(&observed));
    let net = Net::of(&model, &observed);
    look(&Scene::new(&model, &observed, &duty, &fields, Rates::of(&parameters), net.as_ref()));
}
