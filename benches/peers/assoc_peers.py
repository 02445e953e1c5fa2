#!/usr/bin/env python3
"""Seeded arrivals at sound sensors with known truth, or earthquakes at real stations, and PyOcto or GaMMA over them.

    assoc_peers.py make DIR EVENTS_PER_DAY [SEED]
    assoc_peers.py real DATA DIR
    assoc_peers.py pyocto|gamma DIR

make writes DIR/stations.csv (x, y in km), events.csv (x, y, second, arrivals) and picks.csv (station, second,
event or -1). The world is that of gen_assoc.py of the project's shared peers: 30 stations in 40 x 40 km, 340 m/s,
one day; a station within 20 km detects with p = 0.85; an arrival is off by N(0, 0.2 s) and 0.5 percent of its way;
20 percent of all arrivals are false. real writes the same of data/acoustic, picks.csv with a column more: 0 for the
first wave, 1 for the second; no places of its events are known.

A peer prints a line of JSON: what it found of the events with five arrivals or more, and the seconds that it had a
core, in the fastest of three runs or of ten seconds of them. Found is what lies within 2 km and 8 s; where no places are known, what has more than half of its arrivals of
one event. One thread each. PyOcto is MIT (yetinam/pyocto), GaMMA is MIT (AI4EPS/GaMMA); both come from PyPI. Their
settings are those of assoc_peers.py of the shared peers; for the earthquakes, PyOcto's are those of its own test of
them, with both waves.
"""
import json
import os
import sys
import time

os.environ["OMP_NUM_THREADS"] = "1"
import numpy as np
import pandas as pd

RUNS, LONG_S = 3, 10.0
SIDE_KM, KM_S, DAY_S = 40.0, 0.34, 86_400.0


def make(folder, per_day, seed):
    r = np.random.default_rng(seed)
    stations = r.uniform(0, SIDE_KM, (30, 2))
    events = r.uniform(0, SIDE_KM, (per_day, 2))
    at = np.sort(r.uniform(0, DAY_S, per_day))
    rows, picks = [], np.zeros(per_day, int)
    for k in range(per_day):
        d = np.hypot(*(stations - events[k]).T)
        for i in np.where((d < 20) & (r.random(30) < 0.85))[0]:
            way = d[i] / KM_S
            rows.append((i, at[k] + way + r.normal(0, 0.2) + 0.005 * way * r.normal(), k))
            picks[k] += 1
    for _ in range(int(0.25 * len(rows))):
        rows.append((r.integers(30), r.uniform(0, DAY_S), -1))
    rows.sort(key=lambda row: row[1])
    np.savetxt(f"{folder}/stations.csv", stations, delimiter=",")
    np.savetxt(f"{folder}/events.csv", np.column_stack([events, at, picks]), delimiter=",")
    np.savetxt(f"{folder}/picks.csv", np.array(rows, float), delimiter=",")


def real(data, folder):
    stations = pd.read_csv(f"{data}/stations.csv")
    lon, lat = stations.longitude.mean(), stations.latitude.mean()
    x = (stations.longitude - lon) * 111.32 * np.cos(np.radians(lat))
    y = (stations.latitude - lat) * 110.7
    picks = pd.read_csv(f"{data}/picks.csv")
    number = {name: n for n, name in enumerate(stations.id)}
    columns = [picks.station.map(number), picks.second, picks.event, picks.phase == "S"]
    np.savetxt(f"{folder}/stations.csv", np.column_stack([x, y]), delimiter=",")
    np.savetxt(f"{folder}/picks.csv", np.column_stack(columns).astype(float), delimiter=",")


def score(events, found):
    wanted = np.where(events[:, 3] >= 5)[0]
    used, right = set(), 0
    for x, y, t in found:
        near = [k for k in np.where(np.abs(events[:, 2] - t) < 8)[0]
                if k not in used and np.hypot(events[k, 0] - x, events[k, 1] - y) < 2.0]
        if near:
            used.add(min(near, key=lambda k: np.hypot(events[k, 0] - x, events[k, 1] - y)))
            right += 1
    return right / max(1, len(found)), len(used & set(wanted)) / max(1, len(wanted))


def pyocto_finds(stations, ids, names, times):
    import pyocto
    at = pd.DataFrame({"id": ids, "x": stations[:, 0], "y": stations[:, 1], "z": 0.0})
    picks = pd.DataFrame({"station": names, "phase": "P", "time": times})
    model = pyocto.VelocityModel0D(p_velocity=KM_S, s_velocity=0.2, tolerance=1.5, association_cutoff_distance=22)
    octo = pyocto.OctoAssociator(
        xlim=(0, SIDE_KM), ylim=(0, SIDE_KM), zlim=(0, 0.1), velocity_model=model, time_before=130,
        min_node_size=2.0, min_node_size_location=0.1, pick_match_tolerance=1.5, min_interevent_time=2.0,
        n_picks=5, n_p_picks=5, n_s_picks=0, n_p_and_s_picks=0, n_threads=1)
    found, _ = octo.associate(picks, at)
    return found[["x", "y", "time"]].values.astype(float) if len(found) else []


def gamma_finds(stations, ids, names, times):
    from gamma.utils import association
    at = pd.DataFrame({"id": ids, "x(km)": stations[:, 0], "y(km)": stations[:, 1], "z(km)": 0.0})
    zero = pd.Timestamp("2026-01-01")
    picks = pd.DataFrame({"id": names, "timestamp": [zero + pd.Timedelta(seconds=x) for x in times],
                          "type": "p", "prob": 1.0, "amp": 1.0})
    settings = {
        "dims": ["x(km)", "y(km)"], "use_dbscan": True, "use_amplitude": False, "x(km)": (0, SIDE_KM),
        "y(km)": (0, SIDE_KM), "z(km)": (0, 1), "vel": {"p": KM_S, "s": 0.2},
        "bfgs_bounds": ((0, SIDE_KM), (0, SIDE_KM), (None, None)), "dbscan_eps": 25, "dbscan_min_samples": 3,
        "min_picks_per_eq": 5, "min_p_picks_per_eq": 5, "min_s_picks_per_eq": 0, "max_sigma11": 2.0,
        "max_sigma22": 1.0, "max_sigma12": 1.0, "oversample_factor": 5, "ncpu": 1, "method": "BGMM",
        "covariance_prior": [5.0, 5.0]}
    found, _ = association(picks, at, settings, method="BGMM")
    found = pd.DataFrame(found)
    seconds = (pd.to_datetime(found["time"]) - zero).dt.total_seconds() if len(found) else []
    return np.stack([found["x(km)"], found["y(km)"], seconds], 1) if len(found) else []


def score_groups(picks, groups):
    """Of groups of arrivals, by whose most of them are."""
    used, right = set(), 0
    for group in groups:
        events, counts = np.unique(picks[group, 2], return_counts=True)
        most = counts.argmax()
        if events[most] >= 0 and 2 * counts[most] > len(group) and events[most] not in used:
            used.add(events[most])
            right += 1
    first = picks[(picks[:, 3] == 0) & (picks[:, 2] >= 0), 2]
    events, counts = np.unique(first, return_counts=True)
    wanted = set(events[counts >= 5])
    return right / max(1, len(groups)), len(used & wanted) / len(wanted)


P_KM_S, S_KM_S, DEEP_KM = 7.0, 4.0, 250.0


def around(stations):
    (x0, y0), (x1, y1) = stations.min(0) - 150, stations.max(0) + 150
    return (x0, x1), (y0, y1)


def pyocto_groups(stations, ids, picks):
    import pyocto
    at = pd.DataFrame({"id": ids, "x": stations[:, 0], "y": stations[:, 1], "z": 0.0})
    phases = ["S" if second else "P" for second in picks[:, 3]]
    names = [ids[int(n)] for n in picks[:, 0]]
    frame = pd.DataFrame({"station": names, "phase": phases, "time": picks[:, 1]})
    (xlim, ylim) = around(stations)
    octo = pyocto.OctoAssociator(
        xlim=xlim, ylim=ylim, zlim=(0, DEEP_KM), velocity_model=pyocto.VelocityModel0D(P_KM_S, S_KM_S, 2.0),
        time_before=300.0, n_picks=10, n_p_picks=2, n_s_picks=2, n_p_and_s_picks=4, pick_match_tolerance=2.0,
        n_threads=1)
    found, assigned = octo.associate(frame, at)
    return [group.pick_idx.values.astype(int) for _, group in assigned.groupby("event_idx")] if len(found) else []


def gamma_groups(stations, ids, picks):
    from gamma.utils import association
    at = pd.DataFrame({"id": ids, "x(km)": stations[:, 0], "y(km)": stations[:, 1], "z(km)": 0.0})
    zero = pd.Timestamp("2026-01-01")
    frame = pd.DataFrame({"id": [ids[int(n)] for n in picks[:, 0]],
                          "timestamp": [zero + pd.Timedelta(seconds=t) for t in picks[:, 1]],
                          "type": ["s" if second else "p" for second in picks[:, 3]], "prob": 1.0, "amp": 1.0})
    (xlim, ylim) = around(stations)
    settings = {
        "dims": ["x(km)", "y(km)", "z(km)"], "use_dbscan": True, "use_amplitude": False, "x(km)": xlim, "y(km)": ylim,
        "z(km)": (0, DEEP_KM), "vel": {"p": P_KM_S, "s": S_KM_S}, "bfgs_bounds": (xlim, ylim, (0, DEEP_KM), (None, None)),
        "dbscan_eps": 30, "dbscan_min_samples": 3, "min_picks_per_eq": 5, "min_p_picks_per_eq": 0,
        "min_s_picks_per_eq": 0, "max_sigma11": 2.0, "max_sigma22": 1.0, "max_sigma12": 1.0, "oversample_factor": 5,
        "ncpu": 1, "method": "BGMM", "covariance_prior": [5.0, 5.0]}
    _, assigned = association(frame, at, settings, method="BGMM")
    assigned = pd.DataFrame(assigned, columns=["pick", "event", "score"])
    return [group.pick.values.astype(int) for event, group in assigned.groupby("event") if event >= 0]


def run(who, folder):
    read = lambda name: np.loadtxt(f"{folder}/{name}.csv", delimiter=",")
    stations, picks = read("stations"), read("picks")
    ids = [f"S{n:02d}" for n in range(len(stations))]
    is_real = picks.shape[1] == 4
    names = [ids[int(n)] for n in picks[:, 0]]
    times = []
    while len(times) < RUNS and sum(times) < LONG_S:
        begun = time.process_time()
        if is_real:
            found = (pyocto_groups if who == "pyocto" else gamma_groups)(stations, ids, picks)
        else:
            found = (pyocto_finds if who == "pyocto" else gamma_finds)(stations, ids, names, picks[:, 1])
        times.append(time.process_time() - begun)
    precision, recall = score_groups(picks, found) if is_real else score(read("events"), found)
    print()  # GaMMA leaves a line of dots open.
    print(json.dumps({"who": who, "found": len(found), "precision": precision, "recall": recall, "cpu_s": min(times)}))


if __name__ == "__main__":
    if sys.argv[1] == "make":
        make(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]) if len(sys.argv) > 4 else 7)
    elif sys.argv[1] == "real":
        real(sys.argv[2], sys.argv[3])
    else:
        run(sys.argv[1], sys.argv[2])
