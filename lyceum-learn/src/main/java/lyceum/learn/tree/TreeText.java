package lyceum.learn.tree;

import java.util.List;
import java.util.Locale;
import java.util.StringJoiner;

/** Writes a tree for readers. */
record TreeText(DecisionTree tree, List<String> featureNames) {
    TreeText {
        featureNames = List.copyOf(featureNames);
        if (!featureNames.isEmpty() && featureNames.size() != tree.nFeatures()) {
            throw new IllegalArgumentException(featureNames.size() + " feature names for a tree of " + tree.nFeatures() + " features");
        }
    }

    String text(int node) {
        int f = tree.feature()[node];
        if (f < 0) return answer(node);
        String name = featureNames.isEmpty() ? "x[" + f + "]" : featureNames.get(f);
        for (var c : tree.categories()) if (c.node() == node) return name + " in " + set(c.left());
        double t = tree.threshold()[node];
        return t == Double.POSITIVE_INFINITY ? name + " is there" : name + " <= " + number(t);
    }

    private static String set(double[] values) {
        var list = new StringJoiner(", ", "{", "}");
        for (double v : values) list.add(number(v));
        return list.toString();
    }

    private static String number(double v) {
        if (v == Math.rint(v) && Math.abs(v) < 1e9) return Long.toString((long) v);
        return String.format(Locale.ROOT, "%.4g", v);
    }

    private String answer(int node) {
        double[] value = tree.value(node);
        if (!tree.criterion().isForClasses()) return number(value[0]);
        int best = 0;
        for (int c = 1; c < value.length; c++) if (value[c] > value[best]) best = c;
        return "class " + best + String.format(Locale.ROOT, " (%.0f%%)", 100 * value[best]);
    }

    String rules() {
        var out = new StringBuilder();
        rules(out, 0, 0, "");
        return out.toString();
    }

    private void rules(StringBuilder out, int node, int depth, String prefix) {
        String indent = "  ".repeat(depth) + prefix;
        if (tree.isLeaf(node)) {
            out.append(indent).append(answer(node)).append('\n');
            return;
        }
        out.append(indent).append("if ").append(text(node)).append('\n');
        rules(out, tree.left()[node], depth + 1, "");
        out.append("  ".repeat(depth)).append("else\n");
        rules(out, tree.right()[node], depth + 1, "");
    }

    String dot() {
        var out = new StringBuilder("digraph tree {\n  node [shape=box, style=rounded, fontname=\"sans-serif\"];\n");
        double[] impurity = tree.impurity();
        for (int i = 0; i < tree.nodes(); i++) {
            String label = escaped(text(i)) + "\\n" + tree.criterion().name().toLowerCase(Locale.ROOT) + " " + number(impurity[i])
                    + "\\nrows " + tree.samples()[i];
            out.append("  ").append(i).append(" [label=\"").append(label).append("\"];\n");
        }
        for (int i = 0; i < tree.nodes(); i++) {
            if (tree.isLeaf(i)) continue;
            out.append("  ").append(i).append(" -> ").append(tree.left()[i]).append(" [label=\"yes\"];\n");
            out.append("  ").append(i).append(" -> ").append(tree.right()[i]).append(" [label=\"no\"];\n");
        }
        return out.append("}\n").toString();
    }

    private static String escaped(String text) { return text.replace("\\", "\\\\").replace("\"", "\\\""); }
}
