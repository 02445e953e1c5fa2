//! What can be wrong with a report, whatever it came in.

use crate::codes;

codes! {
    UNKNOWN_KIND = "unknown-kind",
        "the kind of event is not known",
        "send one of the kinds in docs/report-format.md, such as explosion or small_arms";
    UNKNOWN_METHOD = "unknown-method",
        "the method is not known",
        "send heard, seen or told";
    ENDS_BEFORE_START = "ends-before-start",
        "the observation ends before it starts",
        "send `from` no later than `to`";
    LASTS_TOO_LONG = "lasts-too-long",
        "the observation spans more than a year",
        "send one report for each event";
    IN_THE_FUTURE = "in-the-future",
        "the observation starts after the report was received",
        "set the device's clock and its time zone, and send the report again";
    COUNT_OUT_OF_RANGE = "count-out-of-range",
        "the count is out of range",
        "send a whole number; leave the field out when nobody counted";
    COUNT_BACKWARDS = "count-backwards",
        "the least count is greater than the greatest",
        "send `min` no greater than `max`";
    COUNT_DISAGREES = "count-disagrees",
        "the sighting's number lies outside of the report's count",
        "send one of the two";
    BEARING_OUT_OF_RANGE = "bearing-out-of-range",
        "the angle is out of range",
        "send degrees clockwise from true north, 0 to 360";
    RANGE_OUT_OF_RANGE = "range-out-of-range",
        "the distance is out of range",
        "send metres from the observer";
    RANGE_BACKWARDS = "range-backwards",
        "the least distance is greater than the greatest",
        "send `min_m` no greater than `max_m`";
    LON_OUT_OF_RANGE = "longitude-out-of-range",
        "the longitude is out of range",
        "send degrees east of Greenwich, WGS 84; look whether longitude and latitude are swapped";
    LAT_OUT_OF_RANGE = "latitude-out-of-range",
        "the latitude is out of range",
        "send degrees north, WGS 84; look whether longitude and latitude are swapped";
    HALF_A_POSITION = "half-a-position",
        "only one of longitude and latitude is there",
        "send both, or neither";
    RADIUS_OUT_OF_RANGE = "radius-out-of-range",
        "the radius is out of range",
        "send metres; a place with no known bound is better left out";
    PLACES_DISAGREE = "places-disagree",
        "the place is given in several ways, and they are not one place",
        "send the one that the observer read off; look whether digits or letters are swapped";
    BAD_MGRS = "bad-mgrs",
        "the grid reference names no square",
        "send zone, band, two letters and an even number of digits, such as 37SBS2781";
    NAME_AMBIGUOUS = "place-name-ambiguous",
        "several places have this name",
        "send the P-code of the one that is meant, or coordinates, beside the name";
    NAME_UNKNOWN = "place-name-unknown",
        "the pack knows no place or area of this name",
        "send coordinates, a grid reference or a P-code, or add the name to the pack's areas.geojson";
    COUNT_TWICE = "count-given-twice",
        "the count is given in several ways",
        "send `exact`, or `about`, or `min` and `max`";
    RANGE_TWICE = "range-given-twice",
        "the range is given in metres and by a word",
        "send the metres";
    UNKNOWN_RANGE_CLASS = "unknown-range-class",
        "the word for the range is not known",
        "send at_hand, near, middle, far or very_far; docs/report-format.md says what each spans";
    UNKNOWN_WEAPON_CLASS = "unknown-weapon-class",
        "the weapon class is not known",
        "send one of those in docs/report-format.md, or `unknown`, and the weapon's name as `weapon`";
    UNKNOWN_MEDIA_KIND = "unknown-media-kind",
        "the kind of file is not known",
        "send photo, video, audio or document";
    BAD_DIGEST = "bad-digest",
        "the digest is not one of SHA-256",
        "send 64 lower-case hexadecimal digits";
    BYTES_OUT_OF_RANGE = "bytes-out-of-range",
        "the number of bytes is out of range",
        "send the size of the file in bytes";
    BAD_LANGUAGE = "bad-language",
        "the language is not a tag of BCP 47",
        "send ar, en, ru or another such tag";
    ARRIVAL_OUTSIDE = "arrival-outside",
        "the arrival lies outside of the observation",
        "leave `from` and `to` out, or send an arrival between them";
    REPLACES_ITSELF = "replaces-itself",
        "the report says that it replaces itself",
        "give the edited report an id of its own";
    TELEPORTS = "observer-teleports",
        "the observer was somewhere else too short a time before or after",
        "look whether two observers share a name, or a position or a clock is wrong";
    BAD_PCODE = "bad-pcode",
        "the P-code has another form",
        "send two capital letters and digits or letters, such as SY1203";
    HEIGHT_OUT_OF_RANGE = "height-out-of-range",
        "the height is out of range",
        "send metres above ground, -500 to 40000; look whether feet were meant";
    HEIGHT_BACKWARDS = "height-backwards",
        "the least height is above the greatest",
        "send `height_low_m` no greater than `height_high_m`";
    DEATHS_OUT_OF_RANGE = "deaths-out-of-range",
        "the number of people killed is out of range",
        "send a whole number";
    SOURCES_OUT_OF_RANGE = "sources-out-of-range",
        "the number of sources is out of range",
        "send a whole number from 1";
    SPREAD_OUT_OF_RANGE = "spread-out-of-range",
        "the spread is out of range",
        "send a standard deviation in the unit that the field's name gives";
}
