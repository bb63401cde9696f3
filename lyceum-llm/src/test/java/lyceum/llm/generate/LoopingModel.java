package lyceum.llm.generate;

import java.util.HashSet;
import java.util.List;
import lyceum.llm.CausalLM;
import lyceum.llm.Continuation;
import lyceum.random.Rng;

/** A toy that repeats itself: from each id the way leads back into short circles, with some chance of stepping aside. Its logits are raw, partly above 0. */
final class LoopingModel {
    static final int VOCABULARY = 120;

    private LoopingModel() {}

    /** Circles of four ids; @param pull logit of the next of the circle, others are about 0 */
    static CausalLM of(double pull, long seed) {
        var rng = Rng.of(seed);
        var rows = new double[VOCABULARY][VOCABULARY];
        for (int a = 0; a < VOCABULARY; a++) {
            for (int b = 0; b < VOCABULARY; b++) rows[a][b] = rng.nextGaussian();
            rows[a][a / 4 * 4 + (a + 1) % 4] = pull;
        }
        return Toys.model(VOCABULARY, -1, -1, ids -> rows[ids[ids.length - 1]]);
    }

    static List<Continuation> texts(CausalLM model, SamplingOptions options, int count, int length) {
        return new CausalGenerator(model).withSampling(options).withStop(new StopCriteria(length)).generate(List.of(new int[] {0}), count,
                Rng.of(5));
    }

    /** Different ids of a text. */
    static int types(int[] ids) {
        var types = new HashSet<Integer>();
        for (int id : ids) types.add(id);
        return types.size();
    }

    /** Share of the runs of n ids that the text had before. */
    static double repeatedRuns(int[] ids, int n) {
        var runs = new HashSet<List<Integer>>();
        int all = 0;
        for (int i = 0; i + n <= ids.length; i++, all++) {
            var run = new Integer[n];
            for (int j = 0; j < n; j++) run[j] = ids[i + j];
            runs.add(List.of(run));
        }
        return 1 - (double) runs.size() / all;
    }
}
