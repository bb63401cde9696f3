package lyceum.learn.topic;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;

import java.util.Arrays;
import lyceum.DType;
import lyceum.random.Rng;
import lyceum.stats.HypothesisTest;
import lyceum.tensor.Csr;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Test;

class CollapsedGibbsTest {
    @Acceptance(topic = "lda-topic-model", clause = 3)
    @Test void gibbsCountsAddUpAndItsConditionalIsTheExactOne() {
        var corpus = Csr.fromDense(Tensor.of(new double[][] {{1, 1, 0}, {0, 1, 1}}));
        double[] alpha = {0.5, 0.8};
        double eta = 0.3;
        int[] word = {0, 1, 1, 2}, document = {0, 0, 1, 1};
        var joint = new double[16];
        for (int s = 0; s < 16; s++) joint[s] = joint(s, word, document, alpha, eta);
        var chain = new CollapsedGibbs(corpus, alpha, eta, Rng.of(5));
        double gap = 0, logs = 0;
        for (int s = 0; s < 16; s++) {
            chain.assign(s & 1, s >> 1 & 1, s >> 2 & 1, s >> 3);
            logs = Math.max(logs, Math.abs(chain.logJoint() - Math.log(joint[s])));
            for (int i = 0; i < 4; i++) {
                int zero = s & ~(1 << i), one = s | 1 << i;
                gap = Math.max(gap, Math.abs(chain.conditional(i)[1] - joint[one] / (joint[zero] + joint[one])));
            }
        }
        Evidence.of("largest gap of 64 conditionals to enumeration", gap, below(1e-12));
        Evidence.of("largest gap of log p(words, topics) to enumeration", logs, below(1e-12));

        int draws = 20_000, wrong = 0;
        double[] seen = new double[16], expected = new double[16];
        double all = Arrays.stream(joint).sum();
        var rng = Rng.of(1);
        for (int n = 0; n < draws; n++) {
            for (int sweep = 0; sweep < 10; sweep++) {
                chain.sweep(rng);
                wrong += miscounts(chain, word, document);
            }
            int[] z = chain.assignments();
            seen[z[0] | z[1] << 1 | z[2] << 2 | z[3] << 3]++;
        }
        for (int s = 0; s < 16; s++) expected[s] = draws * joint[s] / all;
        Evidence.of("sweeps after which the counts are not those of the tokens", wrong, exactly(0));
        Evidence.of("p of chi-square over the 16 states", HypothesisTest.chiSquare(seen, expected).pValue(), above(0.01));

        var bars = Bars.documents(50, 40, Rng.of(1));
        var many = new CollapsedGibbs(bars, new double[] {1, 1, 1}, 0.1, Rng.of(2));
        for (int t = 0; t < 20; t++) {
            many.sweep(rng);
            if (many.topicWords().sum().item() != 2000 || many.documentTopics().sum().item() != 2000
                    || Arrays.stream(many.topicTotals()).sum() != 2000)
                wrong++;
            double[] perDocument = many.documentTopics().to(DType.F64).sum(1).toDoubleArray();
            for (double n : perDocument) if (n != 40) wrong++;
        }
        Evidence.of("miscounts with 2,000 tokens", wrong, exactly(0));
    }

    /** By integrals of Dirichlet distributions: products of rising factorials. */
    private static double joint(int state, int[] word, int[] document, double[] alpha, double eta) {
        double p = 1;
        int[][] inDocument = new int[2][2], ofWord = new int[2][3];
        int[] total = new int[2], length = new int[2];
        for (int i = 0; i < 4; i++) {
            int k = state >> i & 1, d = document[i];
            p *= (inDocument[d][k]++ + alpha[k]) / (length[d]++ + alpha[0] + alpha[1]);
            p *= (ofWord[k][word[i]]++ + eta) / (total[k]++ + 3 * eta);
        }
        return p;
    }

    private static int miscounts(CollapsedGibbs chain, int[] word, int[] document) {
        int[] z = chain.assignments(), inDocument = new int[4], ofWord = new int[6], total = new int[2];
        for (int i = 0; i < 4; i++) {
            inDocument[2 * document[i] + z[i]]++;
            ofWord[3 * z[i] + word[i]]++;
            total[z[i]]++;
        }
        boolean right = Arrays.equals(inDocument, chain.documentTopics().toIntArray())
                && Arrays.equals(ofWord, chain.topicWords().toIntArray()) && Arrays.equals(total, chain.topicTotals());
        return right ? 0 : 1;
    }
}
