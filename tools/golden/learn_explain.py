"""Golden values of lyceum.learn.explain: XGBoost's pred_contribs (feature-attribution.json)."""
import json
import tempfile

import numpy as np
import xgboost as xgb

import golden as g


def contributions(name, x, y, rounds, given, rows):
    given = {"seed": 0, "nthread": 1, "tree_method": "exact", **given}
    booster = xgb.train(given, xgb.DMatrix(x, y), rounds)
    with tempfile.NamedTemporaryFile(suffix=".json") as file:
        booster.save_model(file.name)
        model = json.load(open(file.name))
    data = xgb.DMatrix(x)
    margins = booster.predict(data, output_margin=True)
    return g.case(name, {"model": json.dumps(model, separators=(",", ":")), "rows": x[rows]},
                  {"contributions": booster.predict(data, pred_contribs=True)[rows],
                   "range": float(np.max(margins) - np.min(margins))})


def main():
    x, y = g.diabetes()
    cases = [contributions("diabetes", x, y, 8, {"max_depth": 4, "objective": "reg:squarederror"}, slice(0, 440, 22))]
    holes = x.copy()
    holes[::3, 2] = np.nan
    holes[::4, 8] = np.nan
    cases.append(contributions("diabetes with holes", holes, y, 6, {"max_depth": 3, "objective": "reg:squarederror"}, slice(0, 440, 22)))
    x, y = g.table("breast-cancer")
    cases.append(contributions("breast cancer", x, y, 8, {"max_depth": 3, "objective": "binary:logistic"}, slice(0, 560, 56)))
    g.write("learn", "feature-attribution", g.versions("xgboost"), cases)


if __name__ == "__main__":
    main()
