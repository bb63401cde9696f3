package lyceum.learn.topic;

import java.util.Arrays;
import lyceum.backend.Parallel;
import lyceum.math.Special;
import lyceum.progress.Progress;
import lyceum.random.Rng;

/** Variational Bayes, batch or online (Hoffman, Blei and Bach 2010). Documents keep their gamma between iterations, so the bound cannot fall. */
final class VariationalTopics {
    /** Mean change of gamma at which a document's inner loop ends, and its most steps: scikit-learn's. */
    private static final double TOLERANCE = 1e-3;
    private static final int STEPS = 100;

    private final LatentDirichletAllocation learner;
    private final WordCounts data;
    /** The entries of each word: word w has {@code wordStart[w] ..}, each a place among the entries and its document. */
    private final int[] wordStart, entry, document;
    private final double[] gamma, ratio;
    private double[] lambda, alpha;

    /** @param lambda word-major start (V x K) */
    VariationalTopics(LatentDirichletAllocation learner, WordCounts data, double[] lambda) {
        this.learner = learner;
        this.data = data;
        this.lambda = lambda;
        int k = learner.topics(), n = data.documents(), z = data.word().length;
        alpha = new double[k];
        Arrays.fill(alpha, learner.alpha());
        gamma = new double[n * k];
        ratio = new double[z];
        DocumentInference.start(data, alpha, 0, n, gamma);
        wordStart = new int[data.vocabulary() + 1];
        for (int w : data.word()) wordStart[w + 1]++;
        for (int w = 0; w < data.vocabulary(); w++) wordStart[w + 1] += wordStart[w];
        entry = new int[z];
        document = new int[z];
        var at = wordStart.clone();
        for (int d = 0; d < n; d++) for (int e = data.start()[d]; e < data.start()[d + 1]; e++) {
            int place = at[data.word()[e]]++;
            entry[place] = e;
            document[place] = d;
        }
    }

    LdaModel fit(Progress progress) {
        var history = new double[learner.iterations()];
        int done = 0;
        boolean converged = false;
        long batches = 0;
        while (done < learner.iterations() && !converged) {
            if (learner.method() == LatentDirichletAllocation.Method.VARIATIONAL) {
                var inference = inference();
                // Going on is several times cheaper; beginning anew matters while topics still take shape, and now and then.
                boolean anew = done < 10 || done % 5 == 0;
                Parallel.range(data.documents(), 16, (from, to) -> {
                    if (anew) inference.renew((int) from, (int) to, gamma, ratio);
                    else inference.run((int) from, (int) to, gamma, ratio);
                });
                lambda = expected(null);
                if (learner.learnAlpha() && alpha.length > 1) alpha = bestAlpha(null);
            } else batches = pass(Rng.of(learner.seed()).split(1 + done), batches);
            if (learner.method() == LatentDirichletAllocation.Method.ONLINE) inference().run(gamma, ratio);
            history[done] = inference().bound(gamma) + topicBound();
            converged = done > 0 && learner.tolerance() > 0
                    && Math.abs(history[done] - history[done - 1]) <= learner.tolerance() * Math.abs(history[done]);
            progress.step("latent Dirichlet allocation", ++done, learner.iterations(), "bound per word", history[done - 1] / data.total());
        }
        return learner.model(lambda, alpha, Arrays.copyOf(history, done), done, converged);
    }

    private DocumentInference inference() {
        return new DocumentInference(data, TopicWeights.of(lambda, learner.topics()), alpha, TOLERANCE, STEPS);
    }

    /** All documents in random mini-batches, each of which moves lambda by rho towards what it alone would make of it. */
    private long pass(Rng rng, long batches) {
        int n = data.documents(), size = learner.batchSize();
        int[] order = rng.permutation(n);
        for (int from = 0; from < n; from += size) {
            int[] some = Arrays.copyOfRange(order, from, Math.min(n, from + size));
            var inference = inference();
            Parallel.range(some.length, 4, (a, b) -> {
                for (int i = (int) a; i < b; i++) inference.renew(some[i], some[i] + 1, gamma, ratio);
            });
            double rho = Math.pow(learner.offset() + batches++, -learner.decay());
            var inBatch = new double[n];
            for (int d : some) inBatch[d] = (double) n / some.length;
            double[] target = expected(inBatch);
            for (int i = 0; i < lambda.length; i++) target[i] = (1 - rho) * lambda[i] + rho * target[i];
            if (learner.learnAlpha() && alpha.length > 1 && some.length > alpha.length) {
                double[] best = bestAlpha(some);
                for (int t = 0; t < best.length; t++) best[t] = (1 - rho) * alpha[t] + rho * best[t];
                alpha = best;
            }
            lambda = target;
        }
        return batches;
    }

    /** {@code eta + sum_d n_dw phi_dwk} (V x K), each document weighted if asked. */
    private double[] expected(double[] weight) {
        int k = learner.topics(), v = data.vocabulary();
        var beta = TopicWeights.of(lambda, k).scaled();
        var theta = new double[gamma.length];
        Parallel.range(data.documents(), 64, (from, to) -> {
            var row = new double[k];
            for (int d = (int) from; d < to; d++) {
                DocumentInference.expLogTheta(gamma, d * k, row);
                System.arraycopy(row, 0, theta, d * k, k);
            }
        });
        var out = new double[v * k];
        Parallel.range(v, 64, (from, to) -> {
            for (int w = (int) from; w < to; w++) {
                for (int p = wordStart[w]; p < wordStart[w + 1]; p++) {
                    int d = document[p];
                    double r = weight == null ? ratio[entry[p]] : weight[d] * ratio[entry[p]];
                    if (r != 0) for (int t = 0; t < k; t++) out[w * k + t] += r * theta[d * k + t];
                }
                for (int t = 0; t < k; t++) out[w * k + t] = learner.eta() + out[w * k + t] * beta[w * k + t];
            }
        });
        return out;
    }

    /** A prior nearer to what the documents' mean logarithms ask for. */
    private double[] bestAlpha(int[] some) {
        int k = alpha.length, n = some == null ? data.documents() : some.length;
        var means = new double[k];
        for (int i = 0; i < n; i++) {
            int at = (some == null ? i : some[i]) * k;
            double total = 0;
            for (int t = 0; t < k; t++) total += gamma[at + t];
            double all = Special.digamma(total);
            for (int t = 0; t < k; t++) means[t] += (Special.digamma(gamma[at + t]) - all) / n;
        }
        // Minka's fixed point raises the bound at every step; the maximum itself may lie at infinity while topics are still alike.
        double[] best = alpha.clone();
        for (int step = 0; step < 100; step++) {
            double all = Special.digamma(Arrays.stream(best).sum());
            for (int t = 0; t < k; t++) best[t] = inverseDigamma(all + means[t]);
        }
        return best;
    }

    /** By Newton's method from Minka's start, which five steps bring to rounding. */
    private static double inverseDigamma(double y) {
        double x = y >= -2.22 ? Math.exp(y) + 0.5 : -1 / (y - Special.digamma(1));
        for (int i = 0; i < 5; i++) x -= (Special.digamma(x) - y) / Special.polygamma(1, x);
        return x;
    }

    private double topicBound() { return topicBound(lambda, learner.topics(), learner.eta()); }

    /** The topics' part of the bound: minus the divergence of their posteriors from the prior. */
    static double topicBound(double[] lambda, int topics, double eta) {
        int v = lambda.length / topics;
        var totals = new double[topics];
        for (int w = 0; w < v; w++) for (int t = 0; t < topics; t++) totals[t] += lambda[w * topics + t];
        double sum = 0, own = Special.lgamma(v * eta) - v * Special.lgamma(eta);
        var all = new double[topics];
        for (int t = 0; t < topics; t++) {
            all[t] = Special.digamma(totals[t]);
            sum += own - Special.lgamma(totals[t]);
        }
        for (int i = 0; i < lambda.length; i++)
            sum += (eta - lambda[i]) * (Special.digamma(lambda[i]) - all[i % topics]) + Special.lgamma(lambda[i]);
        return sum;
    }
}
