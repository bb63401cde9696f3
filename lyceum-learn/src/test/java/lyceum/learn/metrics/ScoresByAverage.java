package lyceum.learn.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Locale;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;

/** The layout that the golden files of precision, recall and F-beta share: {@code "name policy": {averages, classes}}. */
final class ScoresByAverage {
    private ScoresByAverage() {}

    /** One score of a matrix, or of multi-label counts. */
    interface Score<T> {
        double[] ofClasses(T counts, ZeroDivision policy);

        double of(T counts, Average average, ZeroDivision policy);
    }

    /** A multi-label case as the golden files draw it. */
    record Labelled(boolean[][] truth, boolean[][] predicted) {
        static Labelled of(Golden input) {
            var r = new Recipe((long) input.number("seed"));
            r.uniforms(2); // n and k, which stand in the input
            return new Labelled(flags(r, input), flags(r, input));
        }

        private static boolean[][] flags(Recipe r, Golden input) {
            var flags = new boolean[input.integer("n")][input.integer("k")];
            for (var row : flags) for (int j = 0; j < row.length; j++) row[j] = r.uniform() < 0.4;
            return flags;
        }
    }

    private static ZeroDivision policy(String name) {
        return switch (name.substring(name.lastIndexOf(' ') + 1)) {
            case "0" -> ZeroDivision.ZERO;
            case "1" -> ZeroDivision.ONE;
            default -> ZeroDivision.UNDEFINED;
        };
    }

    /** Compares every random case; returns how many there were. */
    static int checkRandom(Gap gap, Golden golden, String name, Score<ConfusionMatrix> score) {
        int checked = 0;
        for (var c : golden.cases("random")) {
            var matrix = LabelCase.of(c.at("input")).matrix();
            for (String key : c.at("expected").names()) {
                if (!key.startsWith(name + " ")) continue;
                var expected = c.at("expected").at(key);
                if (key.endsWith("binary")) {
                    gap.see(c.text("name") + " " + key, score.ofClasses(matrix, ZeroDivision.ZERO)[1], c.at("expected").number(key));
                    continue;
                }
                var policy = policy(key);
                double[] averages = expected.doubles("averages"), classes = expected.doubles("classes"),
                        found = score.ofClasses(matrix, policy);
                for (var average : Average.values())
                    gap.see(c.text("name") + " " + key + " " + average.name().toLowerCase(Locale.ROOT), score.of(matrix, average, policy),
                            averages[average.ordinal()]);
                assertThat(found).hasSameSizeAs(classes);
                for (int k = 0; k < classes.length; k++) gap.see(c.text("name") + " " + key + " class " + k, found[k], classes[k]);
            }
            checked++;
        }
        return checked;
    }

    static int checkMultilabel(Gap gap, Golden golden, String name, Score<MultilabelConfusion> score) {
        int checked = 0;
        for (var c : golden.cases("multilabel")) {
            var labelled = Labelled.of(c.at("input"));
            var counts = MultilabelConfusion.of(labelled.truth, labelled.predicted, null);
            var rows = MultilabelConfusion.ofRows(labelled.truth, labelled.predicted, null);
            for (String key : c.at("expected").names()) {
                if (!key.startsWith(name + " ")) continue;
                var policy = policy(key);
                double[] averages = c.at("expected").at(key).doubles("averages"), classes = c.at("expected").at(key).doubles("classes"),
                        found = score.ofClasses(counts, policy);
                for (var average : Average.values())
                    gap.see(c.text("name") + " " + key + " " + average, score.of(counts, average, policy), averages[average.ordinal()]);
                gap.see(c.text("name") + " " + key + " samples", score.of(rows, Average.MACRO, policy), averages[3]);
                for (int k = 0; k < classes.length; k++) gap.see(c.text("name") + " " + key + " class " + k, found[k], classes[k]);
            }
            checked++;
        }
        return checked;
    }
}
