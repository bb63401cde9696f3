package lyceum.learn.topic;

import lyceum.backend.Parallel;
import lyceum.math.Special;

/**
 * {@code exp E log phi} under Dirichlet posteriors lambda of the topics, word by word: word w of topic k stands at {@code w K + k}, divided by
 * the word's largest, whose logarithm is {@code top[w]}, so that small priors do not underflow.
 */
record TopicWeights(double[] scaled, double[] top, int topics) {
    /** @param lambda word-major (V x K) */
    static TopicWeights of(double[] lambda, int topics) {
        int v = lambda.length / topics;
        var totals = new double[topics];
        for (int w = 0; w < v; w++) for (int k = 0; k < topics; k++) totals[k] += lambda[w * topics + k];
        for (int k = 0; k < topics; k++) totals[k] = Special.digamma(totals[k]);
        double[] scaled = new double[lambda.length], top = new double[v];
        Parallel.range(v, 256, (from, to) -> {
            for (int w = (int) from; w < to; w++) {
                double most = Double.NEGATIVE_INFINITY;
                for (int k = 0; k < topics; k++)
                    most = Math.max(most, scaled[w * topics + k] = Special.digamma(lambda[w * topics + k]) - totals[k]);
                for (int k = 0; k < topics; k++) scaled[w * topics + k] = Math.exp(scaled[w * topics + k] - most);
                top[w] = most;
            }
        });
        return new TopicWeights(scaled, top, topics);
    }
}
