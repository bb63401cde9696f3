package lyceum.learn.table;

import java.util.ArrayList;
import java.util.List;
import lyceum.learn.leakage.Finding;
import lyceum.learn.metrics.RocCurve;
import lyceum.learn.table.TableColumn.Kind;
import lyceum.stats.Ranks;
import lyceum.tensor.Tensor;

/**
 * Categories whose texts together tell the target, though no text does alone: the audit sees each text's column for itself. Each row is told by the mean answer
 * of the rows of other fifths with its text.
 */
final class CategoryProxies {
    private static final int FIFTHS = 5;

    private CategoryProxies() {}

    /** @param x encoded rows @param classes 0 for numbers @param proxy area, or rank correlation, from which a category is a finding */
    static List<Finding> of(TableEncoder encoder, Tensor x, Tensor truth, int classes, double proxy) {
        var found = new ArrayList<Finding>();
        double[] values = x.toDoubleArray(), y = truth.toDoubleArray();
        int[][] groups = encoder.groups();
        int width = encoder.width();
        for (int g = 0; g < groups.length; g++) {
            if (encoder.parts().get(g).kind() != Kind.CATEGORY || groups[g].length == 0) continue;
            int[] text = new int[y.length];
            for (int i = 0; i < text.length; i++)
                for (int k = 0; k < groups[g].length; k++) if (values[i * width + groups[g][k]] == 1) text[i] = k + 1;
            double telling = 0;
            if (classes == 0) telling = correlation(Ranks.of(means(text, groups[g].length + 1, y)), Ranks.of(y));
            for (int c = 0; c < classes; c++) telling += area(text, groups[g].length + 1, y, c) / classes;
            if (telling >= proxy) found.add(new Finding(Finding.Kind.PROXY, List.of(groups[g][0]), List.of(),
                    "the texts of '%s' rank the answer with %.3f".formatted(encoder.parts().get(g).name(), telling), telling, null));
        }
        return found;
    }

    private static double area(int[] text, int texts, double[] y, int label) {
        var is = new double[y.length];
        var positive = new boolean[y.length];
        for (int i = 0; i < y.length; i++) if (positive[i] = y[i] == label) is[i] = 1;
        return RocCurve.of(positive, means(text, texts, is), null).auc();
    }

    /** For each row the mean among rows of other fifths with the same text, or of all others where there is none. */
    private static double[] means(int[] text, int texts, double[] y) {
        double[][] sum = new double[texts][FIFTHS], count = new double[texts][FIFTHS];
        double all = 0;
        for (int i = 0; i < y.length; i++) {
            sum[text[i]][i % FIFTHS] += y[i];
            count[text[i]][i % FIFTHS]++;
            all += y[i] / y.length;
        }
        var means = new double[y.length];
        for (int i = 0; i < y.length; i++) {
            double s = 0, n = 0;
            for (int f = 0; f < FIFTHS; f++) {
                if (f == i % FIFTHS) continue;
                s += sum[text[i]][f];
                n += count[text[i]][f];
            }
            means[i] = n == 0 ? all : s / n;
        }
        return means;
    }

    private static double correlation(double[] a, double[] b) {
        double ma = 0, mb = 0, ab = 0, aa = 0, bb = 0;
        for (int i = 0; i < a.length; i++) {
            ma += a[i] / a.length;
            mb += b[i] / b.length;
        }
        for (int i = 0; i < a.length; i++) {
            ab += (a[i] - ma) * (b[i] - mb);
            aa += (a[i] - ma) * (a[i] - ma);
            bb += (b[i] - mb) * (b[i] - mb);
        }
        return aa == 0 || bb == 0 ? 0 : ab / Math.sqrt(aa * bb);
    }
}
