package lyceum.labs.models;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.between;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import lyceum.DType;
import lyceum.learn.linear.LogisticRegression;
import lyceum.models.ssl.DistributedConfig;
import lyceum.models.ssl.DistributedRepresentation;
import lyceum.models.ssl.FamilyTrees;
import lyceum.models.ssl.FamilyTrees.Query;
import lyceum.models.ssl.LinearReadout;
import lyceum.nn.loss.Loss;
import lyceum.optim.AdamW;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.train.Trainer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Networks, each with four questions of its own held out: ten as the clause has them, and forty more, for ten alone say little. */
class FamilyTreesTest {
    private static final int SEEDS = 10, MORE = 50, HELD = 4;

    private static Rng stream(int seed) { return Rng.of(1986).split(seed); }

    private record Parted(List<Query> learned, List<Query> held) {
        static Parted of(int seed) {
            var all = FamilyTrees.queries();
            int[] order = stream(seed).split(1).permutation(all.size());
            var shuffled = Arrays.stream(order).mapToObj(all::get).toList();
            return new Parted(shuffled.subList(HELD, shuffled.size()), shuffled.subList(0, HELD));
        }
    }

    @Tag("heavy")
    @Acceptance(topic = "distributed-representation", clause = 1)
    @Acceptance(topic = "distributed-representation", clause = 2)
    @Test void sharedUnitsAnswerWhatWasNeverTold() {
        var codes = new ArrayList<Tensor>();
        int good = 0, goodOfMore = 0, national = 0;
        double least = 1;
        for (int seed = 0; seed < MORE; seed++) {
            var parts = Parted.of(seed);
            assertThat(parts.learned()).hasSize(100);
            var net = new DistributedRepresentation(new DistributedConfig(), stream(seed).split(2));
            net.fit(parts.learned(), stream(seed).split(3), Progress.SILENT);
            least = Math.min(least, FamilyTrees.right(net, parts.learned()) / 100.0);
            if (FamilyTrees.right(net, parts.held()) >= 3) goodOfMore++;
            if (seed >= SEEDS) continue;
            good = goodOfMore;
            codes.add(net.personCodes());
            if (leaveOneOut(net.personCodes(), FamilyTrees.nationality()) >= 0.9) national++;
        }
        Evidence.of("least share of 100 learned questions answered, 50 seeds", least, atLeast(0.99));
        Evidence.of("of 10 seeds, those with 3 of 4 held-out questions answered", good, atLeast(6));
        Evidence.of("of 50 seeds, the same", goodOfMore, atLeast(30));
        Evidence.of("of 10 seeds, those whose codes tell nationality to 90%", national, atLeast(9));

        var readouts = codes.stream().map(LinearReadout::of).toList();
        double generation = mean(readouts, FamilyTrees.generation());
        var permuted = new double[1_000];
        for (int i = 0; i < permuted.length; i++) {
            int[] labels = FamilyTrees.generation();
            Rng.of(77).split(i).shuffle(labels);
            permuted[i] = mean(readouts, labels);
        }
        Arrays.sort(permuted);
        Evidence.of("generation's leave-one-out accuracy less the 95th percentile of permutations", generation - permuted[949], above(0));
    }

    private static double mean(List<LinearReadout> readouts, int[] labels) {
        return readouts.stream().mapToDouble(r -> r.leaveOneOutAccuracy(labels)).average().orElseThrow();
    }

    /** By logistic regression, fitted 24 times. */
    private static double leaveOneOut(Tensor codes, int[] labels) {
        var x = codes.to(DType.F64);
        int right = 0;
        for (int out = 0; out < labels.length; out++) {
            var others = new int[labels.length - 1];
            var y = new long[others.length];
            for (int i = 0; i < others.length; i++) y[i] = labels[others[i] = i < out ? i : i + 1];
            var model = new LogisticRegression().fit(x.rows(others).compute(), Tensor.of(y));
            if ((int) model.predict(x.narrow(0, out, 1).contiguous()).item() == labels[out]) right++;
        }
        return (double) right / labels.length;
    }

    /** A question without a unit that learned anything is answered by what the table began with. */
    @Acceptance(topic = "distributed-representation", clause = 1)
    @Test void aTableOfLocalCodesGuesses() {
        int right = 0, asked = 0;
        double least = 1, chance = 0;
        var questions = new HashSet<String>();
        for (int seed = 0; seed < 50; seed++) {
            var parts = Parted.of(seed);
            var table = FamilyTrees.localTable(stream(seed).split(2));
            new Trainer(new AdamW(0.5), 15).withBatchSize(100).fit(table, Loss::crossEntropy, FamilyTrees.dataset(parts.learned()),
                    stream(seed).split(3));
            least = Math.min(least, FamilyTrees.right(table, parts.learned()) / 100.0);
            right += FamilyTrees.right(table, parts.held());
            for (var query : parts.held()) {
                chance += query.answers().length / 24.0;
                questions.add(query.toString());
                asked++;
            }
        }
        double spread = Math.sqrt(chance * (1 - chance / asked));
        Evidence.of("least share of 100 learned questions that the table answers", least, atLeast(0.99));
        Evidence.of("of 200 held-out questions, deviations from the " + Math.round(chance * 10) / 10.0 + " right by chance",
                (right - chance) / spread, between(-2, 2));
        Evidence.of("held-out questions", asked, exactly(200));
        assertThat(questions).hasSizeGreaterThan(75);
    }
}
