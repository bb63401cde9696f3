package lyceum.learn.gbdt;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.FormatException;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** XGBoost's model file: written as version 3.0 does, read of that and 3.1. Base scores are predictions there and scores here; gains there are twice those here. */
final class XgboostJson {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final int NO_PARENT = Integer.MAX_VALUE;

    private XgboostJson() {}

    static GradientBoostedTrees read(String json) {
        JsonNode root;
        try {
            root = JSON.readTree(json);
        } catch (JacksonException e) {
            throw new FormatException("XGBoost model: not JSON: " + e.getOriginalMessage(), e);
        }
        var learner = part(root, "learner");
        var param = part(learner, "learner_model_param");
        var booster = part(learner, "gradient_booster");
        String kind = part(booster, "name").asString("");
        boolean dart = kind.equals("dart");
        if (!dart && !kind.equals("gbtree"))
            throw new FormatException("XGBoost model: the booster is " + kind + "; gbtree and dart are read");
        String name = part(part(learner, "objective"), "name").asString("");
        var objective = Arrays.stream(BoostingObjective.values()).filter(o -> o.xgboost().equals(name)).findFirst()
                .orElseThrow(() -> new FormatException("XGBoost model: the objective is " + name + "; read are "
                        + Arrays.stream(BoostingObjective.values()).map(BoostingObjective::xgboost).toList()));
        int p = whole(param, "num_feature"), classes = whole(param, "num_class");
        if (p < 1) throw new FormatException("XGBoost model: num_feature is " + p);
        var model = part(dart ? part(booster, "gbtree") : booster, "model");
        var list = part(model, "trees");
        int[] info = integers(part(model, "tree_info"), "tree_info");
        if (classes < 0 || classes > Math.max(1, list.size()))
            throw new FormatException("XGBoost model: num_class is " + classes + " with " + list.size() + " trees");
        int k = Math.max(1, classes);
        if (info.length != list.size() || info.length % k != 0)
            throw new FormatException("XGBoost model: " + list.size() + " trees, tree_info of " + info.length + ", " + k + " outputs");
        var trees = new ArrayList<BoostedTree>();
        for (int t = 0; t < info.length; t++) {
            if (info[t] != t % k)
                throw new FormatException("XGBoost model: tree " + t + " belongs to output " + info[t] + "; expected " + t % k);
            trees.add(tree(list.get(t), t, p));
        }
        return new GradientBoostedTrees(p, objective, number(part(learner, "objective"), objective), base(param, objective, k), trees,
                dart ? weights(booster, trees.size()) : new double[0], true, List.of(), new double[0], new double[0]);
    }

    /** One number for all outputs; since version 3.1 a list such as {@code [5E-1]}, of one number or one an output. */
    private static double[] base(JsonNode param, BoostingObjective objective, int k) {
        String text = part(param, "base_score").asString("");
        String[] items = text.startsWith("[") && text.endsWith("]") ? text.substring(1, text.length() - 1).split(",", -1)
                : new String[] {text};
        if (items.length != 1 && items.length != k)
            throw new FormatException("XGBoost model: base_score is " + text + ", " + items.length + " numbers for " + k + " outputs");
        var base = new double[k];
        for (int c = 0; c < k; c++) {
            String item = items[items.length == 1 ? 0 : c].strip();
            try {
                base[c] = score(objective, Float.parseFloat(item));
            } catch (NumberFormatException e) {
                throw new FormatException("XGBoost model: base_score is " + text + ", which is not a number", e);
            }
        }
        return base;
    }

    /** What each tree counts after rounds were left out. */
    private static double[] weights(JsonNode booster, int trees) {
        float[] read = floats(booster, "weight_drop");
        if (read.length != trees)
            throw new FormatException("XGBoost model: weight_drop has " + read.length + " numbers for " + trees + " trees");
        var weights = new double[trees];
        for (int t = 0; t < trees; t++) {
            if (!Float.isFinite(read[t])) throw new FormatException("XGBoost model: item " + t + " of weight_drop is " + read[t]);
            weights[t] = read[t];
        }
        return weights;
    }

    /** The number that goes with the objective, which may stand in brackets; NaN if the file has none. */
    private static double number(JsonNode node, BoostingObjective objective) {
        String text = switch (objective) {
            case QUANTILE -> node.path("quantile_loss_param").path("quantile_alpha").asString("");
            case TWEEDIE -> node.path("tweedie_regression_param").path("tweedie_variance_power").asString("");
            default -> "";
        };
        if (text.isEmpty()) return Double.NaN;
        try {
            return Float.parseFloat(text.startsWith("[") && text.endsWith("]") ? text.substring(1, text.length() - 1).strip() : text);
        } catch (NumberFormatException e) {
            throw new FormatException("XGBoost model: the number of " + objective.xgboost() + " is " + text + "; one is read", e);
        }
    }

    private static double score(BoostingObjective objective, double base) {
        double score = switch (objective) {
            case LOGISTIC -> -Math.log(1 / base - 1);
            case POISSON, GAMMA, TWEEDIE -> Math.log(base);
            default -> base;
        };
        if (!Double.isFinite(score))
            throw new FormatException("XGBoost model: base_score " + base + " is not a prediction of " + objective.xgboost());
        return (float) score;
    }

    private static BoostedTree tree(JsonNode node, int t, int p) {
        int[] left = integers(part(node, "left_children"), "left_children"),
                right = integers(part(node, "right_children"), "right_children"),
                feature = integers(part(node, "split_indices"), "split_indices"),
                byDefault = integers(part(node, "default_left"), "default_left"), types = integers(part(node, "split_type"), "split_type");
        float[] condition = floats(node, "split_conditions"), weights = floats(node, "base_weights"),
                changes = floats(node, "loss_changes"), hessians = floats(node, "sum_hessian");
        int n = left.length;
        if (n == 0 || right.length != n || feature.length != n || byDefault.length != n || types.length != n || condition.length != n
                || weights.length != n || changes.length != n || hessians.length != n)
            throw new FormatException("XGBoost model: the lists of tree " + t + " have different lengths");
        double[] threshold = new double[n], value = new double[n], gain = new double[n], gradient = new double[n], hessian = new double[n];
        var missingLeft = new boolean[n];
        var seen = new int[n];
        for (int i = 0; i < n; i++) {
            boolean leaf = left[i] == -1 && right[i] == -1;
            if (types[i] != 0)
                throw new FormatException("XGBoost model: node " + i + " of tree " + t + " asks about categories, which are not read");
            if (!leaf && (left[i] <= i || left[i] >= n || right[i] <= i || right[i] >= n || left[i] == right[i] || feature[i] < 0
                    || feature[i] >= p))
                throw new FormatException("XGBoost model: node " + i + " of tree " + t + " has children " + left[i] + " and " + right[i]
                        + " of " + n + " and column " + feature[i] + " of " + p);
            if (!leaf && (++seen[left[i]] > 1 || ++seen[right[i]] > 1))
                throw new FormatException("XGBoost model: tree " + t + " is not a tree: node " + i + " shares a child");
            if (!Float.isFinite(condition[i]))
                throw new FormatException("XGBoost model: node " + i + " of tree " + t + " has the condition " + condition[i]);
            threshold[i] = leaf ? Double.NaN : condition[i];
            value[i] = leaf ? condition[i] : weights[i];
            gain[i] = leaf ? 0 : changes[i] / 2.0;
            hessian[i] = hessians[i];
            gradient[i] = Double.NaN;
            missingLeft[i] = !leaf && byDefault[i] != 0;
            if (leaf) feature[i] = -1;
        }
        return new BoostedTree(feature, threshold, left, right, missingLeft, value, gain, gradient, hessian, new int[n]);
    }

    static String write(GradientBoostedTrees model) {
        if (!model.encodings().isEmpty())
            throw new IllegalArgumentException("toXgboostJson: the model encodes categories, which XGBoost does not know in this form");
        int k = model.outputs();
        double[] base = model.baseScore();
        for (double b : base)
            if (b != base[0]) throw new IllegalArgumentException(
                    "toXgboostJson: base scores differ by class, the format has one; fit with withBaseScore(0)");
        var root = JSON.createObjectNode();
        var learner = root.putObject("learner");
        learner.putObject("attributes");
        learner.putArray("feature_names");
        learner.putArray("feature_types");
        var booster = learner.putObject("gradient_booster");
        double[] weights = model.treeWeights();
        var inner = weights.length == 0 ? booster : booster.putObject("gbtree");
        var content = inner.putObject("model");
        content.putObject("gbtree_model_param").put("num_parallel_tree", "1").put("num_trees", "" + model.trees().size());
        var pointers = content.putArray("iteration_indptr");
        for (int r = 0; r <= model.rounds(); r++) pointers.add(r * k);
        var info = content.putArray("tree_info");
        var trees = content.putArray("trees");
        for (int t = 0; t < model.trees().size(); t++) {
            info.add(t % k);
            put(trees.addObject(), model.trees().get(t), t, model.nFeatures());
        }
        inner.put("name", "gbtree");
        if (weights.length > 0) {
            booster.put("name", "dart");
            var drop = booster.putArray("weight_drop");
            for (double w : weights) drop.add((float) w);
        }
        learner.putObject("learner_model_param").put("base_score", Float.toString((float) model.objective().prediction(base[0])))
                .put("boost_from_average", "1").put("num_class", "" + (k > 1 ? k : 0)).put("num_feature", "" + model.nFeatures())
                .put("num_target", "1");
        var objective = learner.putObject("objective").put("name", model.objective().xgboost());
        switch (model.objective()) {
            case SOFTMAX -> objective.putObject("softmax_multiclass_param").put("num_class", "" + k);
            case LAMBDA_RANK -> objective.putObject("lambdarank_param");
            case POISSON -> objective.putObject("poisson_regression_param").put("max_delta_step", "0.7");
            case QUANTILE -> objective.putObject("quantile_loss_param").put("quantile_alpha", "[" + number(model) + "]");
            case TWEEDIE -> objective.putObject("tweedie_regression_param").put("tweedie_variance_power", number(model));
            case ABSOLUTE_ERROR -> {}
            default -> objective.putObject("reg_loss_param").put("scale_pos_weight", "1");
        }
        root.putArray("version").add(3).add(0).add(0);
        return JSON.writeValueAsString(root);
    }

    private static String number(GradientBoostedTrees model) { return Float.toString((float) model.objectiveParameter()); }

    private static void put(ObjectNode to, BoostedTree tree, int id, int p) {
        int n = tree.nodes();
        int[] left = tree.left(), right = tree.right(), feature = tree.feature(), parents = new int[n];
        boolean[] missing = tree.missingLeft();
        double[] threshold = tree.threshold(), value = tree.value(), gain = tree.gain(), hessian = tree.hessian();
        Arrays.fill(parents, NO_PARENT);
        for (int i = 0; i < n; i++) if (!tree.isLeaf(i)) parents[left[i]] = parents[right[i]] = i;
        ArrayNode weights = to.putArray("base_weights"), byDefault = to.putArray("default_left"), lefts = to.putArray("left_children"),
                changes = to.putArray("loss_changes"), above = to.putArray("parents"), rights = to.putArray("right_children"),
                conditions = to.putArray("split_conditions"), indices = to.putArray("split_indices"), types = to.putArray("split_type"),
                sums = to.putArray("sum_hessian");
        for (String empty : List.of("categories", "categories_nodes", "categories_segments", "categories_sizes")) to.putArray(empty);
        for (int i = 0; i < n; i++) {
            boolean leaf = tree.isLeaf(i);
            weights.add((float) value[i]);
            byDefault.add(missing[i] ? 1 : 0);
            lefts.add(left[i]);
            changes.add((float) (2 * gain[i]));
            above.add(parents[i]);
            rights.add(right[i]);
            // Infinity, where only missing values go right, is not JSON.
            conditions.add(leaf ? (float) value[i] : (float) Math.min(threshold[i], Float.MAX_VALUE));
            indices.add(leaf ? 0 : feature[i]);
            types.add(0);
            sums.add((float) hessian[i]);
        }
        to.put("id", id);
        to.putObject("tree_param").put("num_deleted", "0").put("num_feature", "" + p).put("num_nodes", "" + n).put("size_leaf_vector", "1");
    }

    private static JsonNode part(JsonNode node, String name) {
        var part = node.get(name);
        if (part == null || part.isNull()) throw new FormatException("XGBoost model: " + name + " is missing");
        return part;
    }

    private static int whole(JsonNode node, String name) {
        String text = part(node, name).asString("");
        try {
            return Integer.parseInt(text);
        } catch (NumberFormatException e) {
            throw new FormatException("XGBoost model: " + name + " is " + text + ", which is not a whole number", e);
        }
    }

    private static int[] integers(JsonNode list, String name) {
        if (!list.isArray()) throw new FormatException("XGBoost model: " + name + " is not a list");
        var out = new int[list.size()];
        for (int i = 0; i < out.length; i++) {
            var item = list.get(i);
            if (item.isBoolean()) out[i] = item.booleanValue() ? 1 : 0;
            else if (item.isIntegralNumber() && item.canConvertToInt()) out[i] = item.intValue();
            else throw new FormatException("XGBoost model: item " + i + " of " + name + " is not a whole number");
        }
        return out;
    }

    private static float[] floats(JsonNode node, String name) {
        var list = part(node, name);
        if (!list.isArray()) throw new FormatException("XGBoost model: " + name + " is not a list");
        var out = new float[list.size()];
        for (int i = 0; i < out.length; i++) {
            if (!list.get(i).isNumber()) throw new FormatException("XGBoost model: item " + i + " of " + name + " is not a number");
            out[i] = (float) list.get(i).doubleValue();
        }
        return out;
    }
}
