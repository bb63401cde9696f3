package lyceum.labs.nn;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;

import java.util.LinkedHashMap;
import lyceum.DType;
import lyceum.data.ElmanStreams;
import lyceum.learn.cluster.HierarchicalClustering;
import lyceum.learn.cluster.Linkage;
import lyceum.memory.Scope;
import lyceum.nn.Activation;
import lyceum.nn.Linear;
import lyceum.nn.Rnn;
import lyceum.nn.RnnConfig;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Test;

class ElmanWordsTest {

    /**
     * Cut in three, since the nouns fall into two kinds of their own: those that are subjects, and those that only end a sentence. Which of the two joins the
     * verbs' side at the very root differs from run to run.
     */
    @Acceptance(topic = "elman-rnn", clause = 4)
    @Test void meanHiddenStatesPartNounsFromVerbs() {
        double least = 1, untrained = 0;
        int networks = 0;
        for (int seed = 0; seed < 3; seed++) {
            int n = ElmanStreams.words().size(), units = 100;
            var rnn = Rnn.elman(new RnnConfig(n, units), Activation.SIGMOID, false, Rng.of(10 + seed));
            var head = new Linear(units, n, Rng.of(20 + seed));
            var test = Tensor.of(ElmanStreams.sentences(Rng.of(30 + seed), 2000));
            untrained = Math.max(untrained, purity(rnn, test, n));
            var parameters = new LinkedHashMap<>(rnn.parameters());
            head.parameters().forEach((name, p) -> parameters.put("head." + name, p));
            var optimizer = new Adam(0.01).over(parameters);
            for (int i = 0; i < 500; i++) {
                try (var scope = Scope.open("update")) {
                    optimizer.zeroGrad();
                    var stream = ElmanStreams.sentences(Rng.of(1000L * seed + 100 + i), 8 * 12);
                    int steps = stream.length / 8;
                    var codes = Tensor.of(stream).narrow(0, 0, 8L * steps).reshape(8, steps);
                    var logits = head.forward(rnn.forward(codes.narrow(1, 0, steps - 1).oneHot(DType.F32, n)));
                    Loss.crossEntropy(logits.reshape(-1, n), codes.narrow(1, 1, steps - 1).flatten()).backward();
                    optimizer.step();
                }
            }
            least = Math.min(least, purity(rnn, test, n));
            networks++;
        }
        Evidence.of("networks", networks, exactly(3));
        Evidence.of("largest purity before training", untrained, below(0.9));
        Evidence.of("least purity of the three clusters", least, atLeast(0.9));
    }

    /** Each cluster counts as what most of its words are. */
    private static double purity(Rnn rnn, Tensor stream, int n) {
        var means = rnn.forward(stream.oneHot(DType.F32, n).unsqueeze(0)).get(0).detach().to(DType.F64).segmentMean(stream, n);
        int[] cut = new HierarchicalClustering(3, Linkage.WARD).fit(means).labels().toIntArray();
        var counts = new int[3][2];
        for (int w = 0; w < n; w++) counts[cut[w]][w < ElmanStreams.nouns() ? 0 : 1]++;
        int right = 0;
        for (int[] count : counts) right += Math.max(count[0], count[1]);
        return right / (double) n;
    }
}
