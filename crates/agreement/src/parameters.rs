//! Every number that shapes a finding and is not in a clause, with its default and reason.

use serde::Serialize;
use spacetime::HeightBounds;

macro_rules! parameters {
    ($($(#[$doc:meta])* $name:ident : $default:literal in $low:literal ..= $high:literal,)*) => {
        /// Parameters of the assessment. All are integers with the unit in the name; a pack
        /// may set any of them within its range, and they are part of the rules digest.
        #[derive(Clone, Debug, PartialEq, Eq, Serialize)]
        pub struct Parameters {
            $($(#[$doc])* pub $name: i64,)*
        }

        impl Default for Parameters {
            fn default() -> Self {
                Self { $($name: $default,)* }
            }
        }

        impl Parameters {
            /// Name, least, greatest allowed value of each.
            pub const RANGES: &'static [(&'static str, i64, i64)] =
                &[$((stringify!($name), $low, $high),)*];

            /// The value of one by name; `None` when there is none of that name.
            #[must_use]
            pub fn get(&self, name: &str) -> Option<i64> {
                match name {
                    $(stringify!($name) => Some(self.$name),)*
                    _ => None,
                }
            }

            /// Sets one by name. `false` when there is none of that name; the value is not
            /// looked at (see [`Parameters::RANGES`]).
            pub fn set(&mut self, name: &str, value: i64) -> bool {
                match name {
                    $(stringify!($name) => self.$name = value,)*
                    _ => return false,
                }
                true
            }
        }
    };
}

parameters! {
    /// How far ahead an entry is predicted. The DO-365B parameters for the kin problem of
    /// aircraft pairs look 180 s ahead; a zone stands still, so less gives fewer nuisances.
    look_ahead_s: 120 in 1..=1800,
    /// An entry predicted within this is alerted at once, without confirmation.
    imminent_s: 30 in 0..=600,
    /// Shortest time between two predictions for one aircraft.
    warning_cycle_s: 4 in 0..=60,
    /// Of the last `confirm_n` predictions, this many must say entry before a warning is given.
    confirm_m: 2 in 1..=16,
    /// See `confirm_m` (2 of 4: DO-365B).
    confirm_n: 4 in 1..=16,
    /// A warning ends only when nothing was predicted for this long (DO-365B).
    hysteresis_s: 5 in 0..=600,
    /// Horizontal margin of a warning.
    warning_margin_m: 1000 in 0..=50_000,
    /// Vertical margin of a warning: 500 ft.
    warning_margin_height_cm: 15_240 in 0..=1_000_000,
    /// Thousandths of the horizontal standard deviation added to the margin (1.5: DO-365B).
    warning_sigma_horizontal_milli: 1500 in 0..=10_000,
    /// A track is lost after this long without a position.
    lost_after_s: 60 in 1..=3600,
    /// Longest gap for which an unobserved entry is considered; beyond it the track is two,
    /// and what happened between is a question of coverage.
    gap_s_max: 900 in 1..=86_400,
    /// Fastest an aircraft flies, for what it can have reached between two positions.
    speed_limit_m_s: 350 in 50..=1500,
    /// Strongest it accelerates, which bounds how far it strays from the straight line
    /// between two positions. 2 g.
    acceleration_limit_cm_s2: 2000 in 100..=20_000,
    /// A jump: faster than this share of the speed limit, in thousandths (1.5: ALGORITHMS,
    /// spoofing).
    jump_speed_permille: 1500 in 1000..=10_000,
    /// Positions that stay the same to the last digit for this long while the aircraft
    /// reports speed are frozen. Longer than a feed repeats a stale position (OpenSky: 15 s).
    frozen_s: 30 in 1..=3600,
    /// Reported speed and speed between positions may differ by this much plus a fifth.
    velocity_slack_cm_s: 6000 in 100..=100_000,
    /// Height by satellite and by pressure may move apart by this much within a minute.
    height_step_cm: 30_000 in 1000..=1_000_000,
    /// After an anomaly that contests positions, how long those around it stay contested.
    contested_s: 60 in 0..=3600,
    /// A record this much older than one already seen of the same aircraft is late: it is
    /// judged where it lies, but joins no path.
    lateness_s: 10 in 0..=86_400,
    /// Share of the aircraft in one cell with degraded integrity from which on positions
    /// there are contested, in thousandths (over 10 percent: jammed).
    contested_permille: 100 in 1..=1000,
    /// Fewest aircraft in a cell for that share to mean anything.
    contested_aircraft_min: 5 in 1..=1000,
    /// Position error (EPU, 95 percent) to assume where neither the record nor the pack
    /// states one: what NACp 4 stands for.
    worst_epu_cm: 185_200 in 100..=5_000_000,
    /// Height error of a reported pressure altitude itself: 25 ft of coding and 100 ft of
    /// instrument.
    altitude_error_cm: 3810 in 0..=100_000,
    /// Pressure altitude against height above mean sea level, fixed part: 30 hPa off standard
    /// at 30 ft a hectopascal.
    baro_fixed_cm: 27_432 in 0..=500_000,
    /// Pressure altitude against height above mean sea level, per thousand of the height: 20
    /// degrees off standard at 4 percent per 10.
    baro_permille: 80 in 0..=500,
    /// Lowest the geoid lies over the ellipsoid in the region.
    geoid_low_cm: -11_000 in -12_000..=12_000,
    /// Highest the geoid lies over the ellipsoid in the region.
    geoid_high_cm: 9_000 in -12_000..=12_000,
    /// Lowest ground in the region.
    ground_low_cm: -43_000 in -50_000..=900_000,
    /// Highest ground in the region.
    ground_high_cm: 885_000 in -50_000..=900_000,
    /// Temperature of the air that sound travels through, thousandths of a degree Celsius:
    /// 331.3 m/s times the root of 1 + T / 273.15. The default is 343 m/s, the round figure that
    /// observers and instruments reckon with.
    air_temperature_mdeg: 19_630 in -60_000..=60_000,
    /// Wind, as the speed that it adds to sound going east.
    wind_east_mm_s: 0 in -60_000..=60_000,
    /// Wind, as the speed that it adds to sound going north.
    wind_north_mm_s: 0 in -60_000..=60_000,
    /// What the way of the sound may be off by, millionths of its time, one standard deviation:
    /// half a degree of temperature and half a metre a second of wind, measured near by. Where
    /// nobody measures them, 50,000 is nearer the truth (ALGORITHMS: 0.05 r/c).
    sound_travel_sd_ppm: 2200 in 0..=200_000,
    /// Clock error of a person whose report states none.
    clock_person_ms: 20_000 in 0..=3_600_000,
    /// Clock error of a camera whose report states none.
    clock_camera_ms: 500 in 0..=3_600_000,
    /// Clock error of a microphone whose report states none: its time is disciplined.
    clock_microphone_us: 5000 in 0..=3_600_000_000,
    /// How many thousandths of a standard deviation of its own error the ends of a stated interval
    /// of time or of distance already hold. An interval that is no wider says that error over
    /// again, and what was read is its middle; what it is wider by was not read more finely.
    stated_interval_sd_milli: 2000 in 0..=5000,
    /// Distance at which one person in two hears what is heavy.
    heard_heavy_m: 8000 in 100..=100_000,
    /// How that falls off: p = 1 / (1 + e^((r - median) / spread)).
    heard_heavy_spread_m: 2000 in 10..=50_000,
    /// Distance at which one person in two hears small arms.
    heard_light_m: 1500 in 100..=100_000,
    /// How that falls off.
    heard_light_spread_m: 400 in 10..=50_000,
    /// Distance at which one person in two notices what flies.
    noticed_air_m: 6000 in 100..=100_000,
    /// How that falls off.
    noticed_air_spread_m: 2000 in 10..=50_000,
    /// How far a camera sees what is heavy.
    camera_reach_m: 10_000 in 100..=100_000,
    /// Share of what is heavy within its reach that a camera records.
    camera_records_permille: 700 in 1..=999,
    /// How far a microphone records what is heavy.
    microphone_reach_m: 15_000 in 100..=100_000,
    /// Share of what is heavy within its reach that a microphone records.
    microphone_records_permille: 800 in 1..=999,
    /// A post that reported nothing for longer than this is not presumed to have watched. Posts
    /// with a record of their duty need no presumption.
    duty_presumed_s: 21_600 in 0..=2_592_000,
    /// How far beyond the box around all posts events are looked for with full weight. Posts about 10 km
    /// apart each watch 5 km around; the outermost stand out of their row by 1.5 km, and the distance
    /// below adds another. What lies farther out is nobody's to watch.
    watch_margin_m: 2500 in 0..=200_000,
    /// Over this distance farther out an event becomes e times less likely.
    watch_falls_off_m: 1000 in 10..=200_000,
    /// Reports of one person in an hour that belong to no event, thousandths, before the reports
    /// themselves tell: what is estimated starts from it, with the weight of ten hours.
    clutter_per_observer_hour_milli: 200 in 0..=1_000_000,
    /// How far off people place what never happened: evenly up to this distance.
    clutter_reach_m: 12_000 in 100..=200_000,
    /// Heavy or light events in a day and 1,000 km2, thousandths, before the reports themselves
    /// tell.
    events_per_day_1000km2_milli: 50_000 in 1..=100_000_000,
    /// Share of reports that call an act by the name of another that is like it, thousandths.
    kind_mistaken_permille: 10 in 0..=500,
    /// How much less likely each further event is that a count does not hold: the relative
    /// spread of a count, thousandths ("about" is one in five).
    count_spread_permille: 200 in 1..=5000,
}

impl Parameters {
    /// How far apart references of height can lie, as these parameters have it.
    #[must_use]
    pub fn height_bounds(&self) -> HeightBounds {
        let cm = |value: i64| i32::try_from(value).expect("every range fits an i32");
        HeightBounds {
            baro_fixed_cm: cm(self.baro_fixed_cm),
            baro_permille: cm(self.baro_permille),
            geoid_low_cm: cm(self.geoid_low_cm),
            geoid_high_cm: cm(self.geoid_high_cm),
            ground_low_cm: cm(self.ground_low_cm),
            ground_high_cm: cm(self.ground_high_cm),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_default_lies_in_its_range() {
        let value = serde_json::to_value(Parameters::default()).unwrap();
        for (name, low, high) in Parameters::RANGES {
            let default = value[name].as_i64().unwrap();
            assert!(*low <= default && default <= *high, "{name}");
        }
    }

    #[test]
    fn a_parameter_is_set_by_its_name() {
        let mut parameters = Parameters::default();
        assert!(parameters.set("lost_after_s", 90) && parameters.lost_after_s == 90);
        assert!(!parameters.set("lost_after", 90));
    }
}
