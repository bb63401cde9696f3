package lyceum.labs.stats;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.List;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Figure;
import lyceum.plot.Series;
import lyceum.prob.Categorical;
import lyceum.prob.ChiSquare;
import lyceum.prob.FiniteDistribution;
import lyceum.prob.GumbelMax;

/** A loaded die, cut into columns of equal weight, thrown three ways. */
@Lab(topics = "discrete-distribution", title = "A loaded die")
final class LoadedDieLab implements LabBody {
    @Override public void run(LabContext lab) {
        double six = lab.param("weight of the six", 3.0, 0.0, 20.0), one = lab.param("weight of the one", 0.5, 0.0, 20.0);
        int throwsMade = lab.param("throws", 5_000, 100, 50_000);
        String way = lab.choice("sampler", "alias table", "alias table", "inverse cdf", "Gumbel-max");
        var die = new Categorical(one, 1, 1, 1, 1, six);
        double[] p = die.probabilities(), logits = new double[6];
        for (int i = 0; i < 6; i++) logits[i] = Math.log(p[i]);

        var alias = die.alias();
        var faces = Figure.numbered(1, 6);
        var parts = new Series[6];
        for (int face = 0; face < 6; face++) {
            var height = new double[6];
            for (int column = 0; column < 6; column++)
                height[column] = (column == face ? alias.share(column) : 0) + (alias.alias(column) == face ? 1 - alias.share(column) : 0);
            parts[face] = Series.of("face " + (face + 1), height);
        }
        lab.figure(
                Figure.bar("The die", faces, p).axes("face", "probability").describedAs("How often each face comes up, by the weights."));
        lab.figure(Figure.bars("The same, packed into six even columns", faces, parts).stacked().axes("column", "share of the column")
                .describedAs("Every column is full, and no column has more than two faces: a throw picks a column, then a part of it."));
        double[] rebuilt = alias.probabilities();
        double gap = 0;
        for (int i = 0; i < 6; i++) gap = Math.max(gap, Math.abs(rebuilt[i] - p[i]));
        lab.shows("masses of the columns less the die's", gap, below(1e-12));

        var rng = lab.rng(1);
        var counts = new double[6];
        int kept = Math.min(throwsMade, 400);
        double[] time = new double[kept], share = new double[kept];
        for (int t = 1, k = 0; t <= throwsMade; t++) {
            counts[switch (way) {
                case "alias table" -> alias.sample(rng);
                case "inverse cdf" -> (int) die.sample(rng);
                default -> GumbelMax.sample(logits, rng);
            }]++;
            if (k < kept && t >= (k + 1.0) * throwsMade / kept) {
                time[k] = t;
                share[k++] = counts[5] / t;
            }
        }
        lab.figure(Figure.plot("Sixes so far, by " + way).line("share of sixes", time, share).horizontalLine(p[5], "probability")
                .axes("throws", "share").limitY(0, 1).describedAs("The running share wanders, ever less, about the probability."));
        double statistic = 0, seen = 0;
        for (int i = 0; i < 6; i++) if (p[i] > 0) {
            statistic += Math.pow(counts[i] - throwsMade * p[i], 2) / (throwsMade * p[i]);
            seen++;
        }
        lab.shows("chi-square p value of the throws", new ChiSquare(seen - 1).survival(statistic), above(1e-6));

        var faceValue = FiniteDistribution.of(new double[] {1, 2, 3, 4, 5, 6}, p);
        var two = faceValue.plus(faceValue);
        lab.figure(Figure.bar("The sum of two such dice", Figure.numbered(2, 12), sums(two)).axes("sum", "probability")
                .describedAs("The convolution of the die with itself: a triangle for a fair one, leaning for a loaded one."));
        lab.shows("mean of the sum less twice the mean", Math.abs(two.mean() - 2 * faceValue.mean()), below(1e-12));
        var rows = new ArrayList<List<?>>();
        for (int i = 0; i < 5; i++) {
            int[] order = die.sampleWithoutReplacement(rng, 4);
            rows.add(List.of(i + 1, order[0] + 1, order[1] + 1, order[2] + 1, order[3] + 1));
        }
        lab.table("Four faces without replacement, by Gumbel top-k", List.of("try", "first", "second", "third", "fourth"), rows);
    }

    private static double[] sums(FiniteDistribution two) {
        var p = new double[11];
        for (int sum = 2; sum <= 12; sum++) p[sum - 2] = two.density(sum);
        return p;
    }
}
