#!/usr/bin/env python3
"""Seeded arrivals at sound sensors with known truth, and PyOcto or GaMMA over the same arrivals.

    assoc_peers.py make DIR EVENTS_PER_DAY [SEED]
    assoc_peers.py pyocto|gamma DIR

make writes DIR/stations.csv (x, y in km), events.csv (x, y, second, arrivals) and picks.csv (station, second,
event or -1). The world is that of gen_assoc.py of the project's shared peers: 30 stations in 40 x 40 km, 340 m/s,
one day; a station within 20 km detects with p = 0.85; an arrival is off by N(0, 0.2 s) and 0.5 percent of its way;
20 percent of all arrivals are false. A peer prints a line of JSON: what it found of the events with five arrivals
or more, to 2 km and 8 s, and the seconds that it had a core. One thread each. PyOcto is MIT (yetinam/pyocto), GaMMA
is MIT (AI4EPS/GaMMA); both come from PyPI, and their settings are those of assoc_peers.py of the shared peers.
"""
import json
import os
import sys
import time

os.environ["OMP_NUM_THREADS"] = "1"
import numpy as np
import pandas as pd

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


def run(who, folder):
    read = lambda name: np.loadtxt(f"{folder}/{name}.csv", delimiter=",")
    stations, events, picks = read("stations"), read("events"), read("picks")
    ids = [f"S{n:02d}" for n in range(len(stations))]
    names = [ids[int(n)] for n in picks[:, 0]]
    begun = time.process_time()
    found = (pyocto_finds if who == "pyocto" else gamma_finds)(stations, ids, names, picks[:, 1])
    cpu_s = time.process_time() - begun
    precision, recall = score(events, found)
    print()  # GaMMA leaves a line of dots open.
    print(json.dumps({"who": who, "found": len(found), "precision": precision, "recall": recall, "cpu_s": cpu_s}))


if __name__ == "__main__":
    if sys.argv[1] == "make":
        make(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]) if len(sys.argv) > 4 else 7)
    else:
        run(sys.argv[1], sys.argv[2])
