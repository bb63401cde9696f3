package lyceum.labs.learn;

import static lyceum.labs.Bounds.atMost;
import static lyceum.labs.Bounds.below;
import static lyceum.labs.Bounds.equalTo;
import static lyceum.labs.Bounds.exactly;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import lyceum.data.Datasets;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.learn.tree.InformationGain;
import lyceum.learn.tree.SplitTable;
import lyceum.plot.Figure;
import lyceum.plot.Series;

/** Quinlan's fourteen days of tennis and their dates: the date has the highest gain and tells nothing. */
@Lab(topics = "information-gain", title = "The date knows everything and nothing")
final class InformationGainLab implements LabBody {
    private static final String[] COLUMNS = {"outlook", "temperature", "humidity", "wind", "date"};

    @Override public void run(LabContext lab) {
        int rows = lab.param("rows", 60, 20, 300), draws = lab.param("draws", 200, 20, 2000), labels = lab.param("labels", 2, 2, 5);
        var days = Datasets.tennis();
        double[] gain = new double[5], ratio = new double[5], gini = new double[5], adjusted = new double[5];
        for (int f = 0; f < 5; f++) {
            var table = SplitTable.of(f == 4 ? IntStream.range(0, 14).toArray() : days.x().select(1, f).toIntArray(), days.labels());
            gain[f] = InformationGain.of(table);
            ratio[f] = InformationGain.gainRatio(table);
            gini[f] = InformationGain.gini(table);
            adjusted[f] = InformationGain.adjusted(table);
        }
        var cells = IntStream.range(0, 5).mapToObj(f -> List.of(COLUMNS[f], gain[f], ratio[f], gini[f], adjusted[f])).toList();
        lab.table("Fourteen days of tennis", List.of("feature", "gain in bits", "gain ratio", "fall of Gini", "adjusted gain in bits"),
                cells);
        lab.figure(Figure.bars("What each column tells about playing tennis", COLUMNS, Series.of("gain", gain),
                Series.of("gain ratio", ratio), Series.of("adjusted gain", adjusted)).axes("feature", "score (gains in bits)").describedAs(
                        "The date towers in raw gain, still leads in gain ratio, and has nothing left in adjusted gain, where the outlook leads."));
        lab.say("The date gains %.3f bits, all there are to gain, and leads even by gain ratio (%.3f against %.3f for the outlook). Less what shuffled labels gain, it is worth %.3f.",
                gain[4], ratio[4], ratio[0], Math.abs(adjusted[4]));
        double[] published = {0.247, 0.029, 0.152, 0.048};
        for (int f = 0; f < 4; f++) lab.check(1, "gain of the " + COLUMNS[f], gain[f], equalTo(published[f], 0.001));
        lab.shows("adjusted gain of the date", Math.abs(adjusted[4]), below(0.02));

        int[] arities = IntStream.iterate(2, a -> a <= rows, a -> Math.max(a + 1, a * 5 / 4)).toArray();
        double[] xs = Arrays.stream(arities).asDoubleStream().toArray(), raw = new double[xs.length], left = new double[xs.length],
                guide = new double[xs.length];
        for (int a : lab.progress("numbers of values", xs.length)) {
            var rng = lab.rng(a);
            for (int d = 0; d < draws; d++) {
                int[] feature = rng.ints(rows, 0, arities[a]).toArray(), label = rng.ints(rows, 0, labels).toArray();
                var table = SplitTable.of(feature, label);
                raw[a] += InformationGain.of(table) / draws;
                left[a] += InformationGain.adjusted(table) / draws;
            }
            guide[a] = Math.min(1, (arities[a] - 1) * (labels - 1) / (2 * rows * Math.log(2)));
        }
        lab.figure(Figure.line("Features of pure chance", xs, raw).named("mean gain").line("mean adjusted gain", xs, left)
                .line("(values - 1)(labels - 1) / 2n", xs, guide).dashed().axes("values of the feature", "bits")
                .describedAs("The gain of a random feature climbs with its number of values; the adjusted gain stays at zero."));
        lab.shows("largest mean adjusted gain of a random feature", Arrays.stream(left).map(Math::abs).max().orElseThrow(),
                atMost(0.02 + 0.5 / Math.sqrt(draws)));

        int wins = 0;
        for (int d = 0; d < draws; d++) {
            var rng = lab.rng(1000 + d);
            int[] label = rng.ints(rows, 0, labels).toArray(), telling = label.clone();
            for (int i = 0; i < rows; i++) if (rng.nextDouble() < 0.4) telling[i] = rng.nextInt(labels);
            if (InformationGain.adjusted(SplitTable.of(IntStream.range(0, rows).toArray(), label)) >= InformationGain
                    .adjusted(SplitTable.of(telling, label)))
                wins++;
        }
        lab.shows("draws in which a row number beats a telling feature", wins, exactly(0));
    }
}
