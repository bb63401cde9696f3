"""lyceum-nn: operators of ai.onnx.ml by ONNX Runtime. Each case is a whole model, as hexadecimal, with its input and outputs.

    python3 tools/golden/onnx_ml.py

onnx and onnxruntime do not load beside each other, so that models are made in a process of their own.
"""
import json
import subprocess
import sys

import numpy as np

from golden import Recipe, write

FEATURES = 4
X = np.round(Recipe(3).matrix(9, FEATURES), 3).astype(np.float32)
HOLES = X.copy()
HOLES[::3, 1] = np.nan


def tree(recipe, number, depth):
    """A full tree: splits on drawn features at drawn values, leaves in order."""
    nodes = 2 ** (depth + 1) - 1
    inner = 2 ** depth - 1
    return {"treeids": [number] * nodes, "nodeids": list(range(nodes)), "featureids": [recipe.below(FEATURES) if i < inner else 0 for i in range(nodes)],
            "values": [round(recipe.bell() * 0.5, 3) if i < inner else 0.0 for i in range(nodes)],
            "truenodeids": [2 * i + 1 if i < inner else 0 for i in range(nodes)], "falsenodeids": [2 * i + 2 if i < inner else 0 for i in range(nodes)],
            "leaves": list(range(inner, nodes)), "inner": inner}


def trees(seed, mode, missing=False, depth=3):
    recipe = Recipe(seed)
    all_trees = [tree(recipe, t, depth) for t in range(3)]
    attributes = {"nodes_" + k: sum((t[k] for t in all_trees), []) for k in ("treeids", "nodeids", "featureids", "values", "truenodeids", "falsenodeids")}
    attributes["nodes_modes"] = sum(([mode] * t["inner"] + ["LEAF"] * len(t["leaves"]) for t in all_trees), [])
    if missing:
        attributes["nodes_missing_value_tracks_true"] = [recipe.below(2) for _ in attributes["nodes_modes"]]
    leaves = [(number, leaf) for number, t in enumerate(all_trees) for leaf in t["leaves"]]
    return attributes, leaves, recipe


def regressor(seed, mode, missing=False, targets=1, **more):
    attributes, leaves, recipe = trees(seed, mode, missing)
    attributes.update(target_treeids=[t for t, _ in leaves], target_nodeids=[n for _, n in leaves], target_ids=[recipe.below(targets) for _ in leaves],
                      target_weights=[round(recipe.bell(), 3) for _ in leaves], n_targets=targets, **more)
    return attributes


def classifier(seed, classes, positive=False, ids=None, **more):
    attributes, leaves, recipe = trees(seed, "BRANCH_LEQ")
    weights = [round(recipe.uniform() / 3, 3) if positive else round(recipe.bell(), 3) for _ in leaves]
    attributes.update(class_treeids=[t for t, _ in leaves], class_nodeids=[n for _, n in leaves],
                      class_ids=[recipe.below(classes) if ids is None else ids for _ in leaves], class_weights=weights,
                      classlabels_int64s=list(range(10, 10 + classes)), **more)
    return attributes


def forest(seed, classes):
    """Shares of all classes at every leaf, as scikit-learn's forests have them."""
    attributes, leaves, recipe = trees(seed, "BRANCH_LEQ")
    shares = [np.array([recipe.uniform() for _ in range(classes)]) for _ in leaves]
    attributes.update(class_treeids=[t for t, _ in leaves for _ in range(classes)], class_nodeids=[n for _, n in leaves for _ in range(classes)],
                      class_ids=list(range(classes)) * len(leaves), class_weights=[round(float(v), 6) for s in shares for v in s / s.sum() / 3],
                      classlabels_int64s=list(range(classes)))
    return attributes


def matrix(seed, *shape):
    return [round(float(v), 3) for v in Recipe(seed).bells(int(np.prod(shape)))]


def svc(seed, classes, kernel="RBF", probability=False, each=3, **more):
    """One against one: support vectors class by class, of each the coefficients against the other classes; offsets of the pairs."""
    pairs = classes * (classes - 1) // 2
    attributes = {"kernel_type": kernel, "kernel_params": [0.3, 1.0, 2.0], "vectors_per_class": [each + k for k in range(classes)],
                  "support_vectors": matrix(seed, classes * each + pairs, FEATURES), "coefficients": matrix(seed + 1, classes - 1, classes * each + pairs),
                  "rho": [round(0.1 * v, 4) for v in matrix(seed + 2, pairs)], "classlabels_ints": list(range(10, 10 + classes)), **more}
    n = sum(attributes["vectors_per_class"])
    attributes["support_vectors"] = matrix(seed, n, FEATURES)
    attributes["coefficients"] = matrix(seed + 1, classes - 1, n)
    if probability:
        attributes.update(prob_a=[-abs(v) - 0.5 for v in matrix(seed + 3, pairs)], prob_b=matrix(seed + 4, pairs))
    return attributes


words = ["red", "green", "blue", "red"]
CASES = [
    ("tree sum", "TreeEnsembleRegressor", 1, regressor(1, "BRANCH_LEQ", base_values=[0.5]), X),
    ("tree lt", "TreeEnsembleRegressor", 1, regressor(2, "BRANCH_LT", targets=2), X),
    ("tree average", "TreeEnsembleRegressor", 1, regressor(3, "BRANCH_GT", aggregate_function="AVERAGE"), X),
    ("tree min", "TreeEnsembleRegressor", 1, regressor(4, "BRANCH_GTE", aggregate_function="MIN"), X),
    ("tree max", "TreeEnsembleRegressor", 1, regressor(5, "BRANCH_LEQ", aggregate_function="MAX"), X),
    ("tree missing", "TreeEnsembleRegressor", 1, regressor(6, "BRANCH_LEQ", missing=True), HOLES),
    ("forest of two", "TreeEnsembleClassifier", 2, forest(7, 2), X),
    ("forest of three", "TreeEnsembleClassifier", 2, forest(7, 3), X),
    ("forest one score", "TreeEnsembleClassifier", 2, classifier(8, 2, positive=True, ids=0), X),
    ("boosted one score", "TreeEnsembleClassifier", 2, classifier(9, 2, ids=0, post_transform="LOGISTIC", base_values=[0.1]), X),
    ("boosted raw", "TreeEnsembleClassifier", 2, classifier(10, 2, ids=0), X),
    ("boosted three", "TreeEnsembleClassifier", 2, classifier(11, 3, post_transform="SOFTMAX", base_values=[0.1, -0.2, 0.3]), X),
    ("linear regressor", "LinearRegressor", 1, {"coefficients": matrix(12, 2, FEATURES), "intercepts": [0.5, -1.0], "targets": 2}, X),
    ("linear softmax", "LinearClassifier", 2, {"coefficients": matrix(13, 3, FEATURES), "intercepts": [0.1, 0.2, -0.3], "classlabels_ints": [3, 1, 2],
                                               "multi_class": 1, "post_transform": "SOFTMAX"}, X),
    ("linear logistic", "LinearClassifier", 2, {"coefficients": matrix(14, 2, FEATURES), "intercepts": [0.1, -0.1], "classlabels_strings": ["no", "yes"],
                                                "post_transform": "LOGISTIC"}, X),
    ("svr rbf", "SVMRegressor", 1, {"kernel_type": "RBF", "kernel_params": [0.3, 0.0, 3.0], "n_supports": 5, "support_vectors": matrix(15, 5, FEATURES),
                                    "coefficients": matrix(16, 5), "rho": [0.2]}, X),
    ("svr poly", "SVMRegressor", 1, {"kernel_type": "POLY", "kernel_params": [0.3, 1.0, 2.0], "n_supports": 5, "support_vectors": matrix(15, 5, FEATURES),
                                     "coefficients": matrix(16, 5), "rho": [0.2]}, X),
    ("svr sigmoid", "SVMRegressor", 1, {"kernel_type": "SIGMOID", "kernel_params": [0.3, 1.0, 2.0], "n_supports": 5,
                                        "support_vectors": matrix(15, 5, FEATURES), "coefficients": matrix(16, 5), "rho": [0.2], "one_class": 1}, X),
    ("svc of two", "SVMClassifier", 2, svc(20, 2), X),
    ("svc of two, names", "SVMClassifier", 2, {**{k: v for k, v in svc(21, 2, "POLY").items() if k != "classlabels_ints"},
                                              "classlabels_strings": ["no", "yes"]}, X),
    ("svc of two, probabilities", "SVMClassifier", 2, svc(22, 2, "SIGMOID", True), X),
    ("svc of three", "SVMClassifier", 2, svc(23, 3, "LINEAR"), X),
    ("svc of four", "SVMClassifier", 2, svc(24, 4), X),
    ("svc of four, probabilities", "SVMClassifier", 2, svc(25, 4, "RBF", True), X),
    ("svc linear", "SVMClassifier", 2, {"coefficients": matrix(26, 3, FEATURES), "rho": [0.2], "classlabels_ints": [3, 1, 2], "kernel_type": "LINEAR",
                                       "kernel_params": [0.0, 0.0, 0.0]}, X),
    ("scaler", "Scaler", 1, {"offset": [0.1, 0.2, 0.3, 0.4], "scale": [1.0, 2.0, 3.0, 4.0]}, X),
    ("scaler of one", "Scaler", 1, {"offset": [0.5], "scale": [2.0]}, X),
    ("normalizer l1", "Normalizer", 1, {"norm": "L1"}, X),
    ("normalizer l2", "Normalizer", 1, {"norm": "L2"}, X),
    ("normalizer max", "Normalizer", 1, {"norm": "MAX"}, np.abs(X)),
    ("imputer", "Imputer", 1, {"imputed_value_floats": [1.0, 2.0, 3.0, 4.0], "replaced_value_float": float("nan")}, HOLES),
    ("binarizer", "Binarizer", 1, {"threshold": 0.2}, X),
    ("one hot numbers", "OneHotEncoder", 1, {"cats_int64s": [4, 2, 7], "zeros": 1}, np.array([7, 2, 9, 4, 4], np.int64)),
    ("one hot words", "OneHotEncoder", 1, {"cats_strings": ["blue", "red"], "zeros": 1}, np.array(words, object)),
    ("categories of words", "CategoryMapper", 1, {"cats_strings": ["red", "blue"], "cats_int64s": [5, 6], "default_int64": -3}, np.array(words, object)),
    ("categories of numbers", "CategoryMapper", 1, {"cats_strings": ["red", "blue"], "cats_int64s": [5, 6], "default_string": "none"},
     np.array([6, 5, 4], np.int64)),
]
MAKE = """
import json, sys
from onnx import TensorProto as T, helper
for line in sys.stdin:
    op, outputs, attributes, kind, shape = json.loads(line)
    names = ["y", "z"][:outputs]
    node = helper.make_node(op, ["x"], names, domain="ai.onnx.ml", **attributes)
    graph = helper.make_graph([node], "g", [helper.make_tensor_value_info("x", kind, shape)],
                              [helper.make_tensor_value_info(n, T.UNDEFINED, None) for n in names])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("ai.onnx.ml", 3), helper.make_opsetid("", 17)], ir_version=8)
    for output in model.graph.output:
        output.ClearField("type")
    print(model.SerializeToString().hex())
"""
KINDS = {"f": 1, "i": 7, "O": 8}
lines = [json.dumps([op, outputs, attributes, KINDS[x.dtype.kind], list(x.shape)]) for _, op, outputs, attributes, x in CASES]
models = subprocess.run([sys.executable, "-c", MAKE], input="\n".join(lines), capture_output=True, text=True, check=True).stdout.split()

import onnxruntime  # noqa: E402

onnxruntime.set_default_logger_severity(4)


def listed(x):
    flat = x.ravel().tolist()
    return {"shape": list(x.shape), "kind": x.dtype.kind, "values": [0.0 if v != v else v for v in flat], "nan": [i for i, v in enumerate(flat) if v != v]}


found = []
for (name, op, outputs, attributes, x), model in zip(CASES, models):
    session = onnxruntime.InferenceSession(bytes.fromhex(model), providers=["CPUExecutionProvider"])
    ys = [np.asarray(y) for y in session.run(None, {"x": x})]
    found.append({"name": name, "model": model, "input": listed(x), "outputs": [listed(y) for y in ys]})
write("nn", "onnx_ml", "onnxruntime " + onnxruntime.__version__, found)
