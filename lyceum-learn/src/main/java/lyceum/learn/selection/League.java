package lyceum.learn.selection;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lyceum.LyceumException;
import lyceum.stats.learner.Learner;
import lyceum.tensor.Tensor;

/**
 * Several learners on the same folds, the best first.
 *
 * {@snippet :
 * var learners = Map.<String, lyceum.stats.learner.Learner>of("ridge", new Ridge(1.0), "tree", new DecisionTreeRegressor());
 * var table = League.play(new CrossValidation(new KFold(5)), learners, x, y, Scorer.R2);
 * System.out.println(table.entries().getFirst().name());
 * }
 *
 * @param entries by mean score
 */
public record League(Scorer scorer, List<Entry> entries) {
    /**
     * A learner's scores.
     *
     * @param mean over folds
     * @param error why it could not be fitted; null if it could. Its scores are NaN then
     */
    public record Entry(String name, Learner learner, double mean, double[] scores, String error) {}

    /** Cross-validates each; one that cannot be fitted to these rows comes last, with its reason. */
    public static League play(CrossValidation validation, Map<String, ? extends Learner> learners, Tensor x, Tensor y, Scorer scorer) {
        var entries = new ArrayList<Entry>();
        for (var each : new LinkedHashMap<>(learners).entrySet()) {
            try {
                double[] scores = validation.score(each.getValue(), x, y, scorer).scores(scorer);
                double sum = 0;
                for (double s : scores) sum += s;
                entries.add(new Entry(each.getKey(), each.getValue(), sum / scores.length, scores, null));
            } catch (IllegalArgumentException | LyceumException e) {
                entries.add(new Entry(each.getKey(), each.getValue(), Double.NaN, new double[0], e.getMessage()));
            }
        }
        Comparator<Entry> better = (a, b) -> scorer.prefers(a.mean, b.mean) ? -1 : scorer.prefers(b.mean, a.mean) ? 1 : 0;
        entries.sort(better);
        return new League(scorer, List.copyOf(entries));
    }

    /** The entry of this name. */
    public Entry of(String name) {
        return entries.stream().filter(e -> e.name.equals(name)).findFirst().orElseThrow(() -> new IllegalArgumentException(
                "League: no learner is called " + name + "; there are " + entries.stream().map(Entry::name).toList()));
    }

    @Override public String toString() {
        var text = new StringBuilder();
        int wide = entries.stream().mapToInt(e -> e.name.length()).max().orElse(0);
        for (var e : entries)
            text.append("%-".concat(wide + 2 + "s").formatted(e.name)).append(e.error != null ? e.error : "%.4f".formatted(e.mean))
                    .append('\n');
        return text.toString();
    }
}
